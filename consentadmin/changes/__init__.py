"""Changes: what staff asked the platform to write, and the only writer to it (DESIGN §4)."""
