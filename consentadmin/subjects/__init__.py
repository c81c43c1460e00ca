"""Who a person is to us: a random id, aliases, a data key, and handles (DESIGN §4, One subject)."""
