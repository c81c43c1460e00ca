"""Secrets that commands take: from a variable of the environment, never from the command line."""

import os

from django.core.management.base import CommandError


def from_environment(name: str) -> str:
    """Return the value of this variable. Raises CommandError, exit code 2, when it is not set."""
    value = os.environ.get(name, "")
    if not value:
        raise CommandError(f"The environment variable {name} is not set.", returncode=2)
    return value
