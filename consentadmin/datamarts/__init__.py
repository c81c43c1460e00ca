"""Datamarts: where people live, the API token to reach them, and their referentials as last read."""
