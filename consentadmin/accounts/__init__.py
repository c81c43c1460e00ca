"""Staff: who they are, the roles they hold, and what each role may do on which datamart."""
