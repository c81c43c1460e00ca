"""The trail: who did what, who looked at whom, why, and what came of it (GDPR 5(2), 7(1))."""
