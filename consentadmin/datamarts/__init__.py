"""Datamarts: where people live, the API token to reach them, their referentials as last read."""
