"""Secrets that commands take: from the environment or a file, never from the command line."""

from django.core.management.base import CommandError

from consentadmin.environment import env


def from_environment(name: str) -> str:
    """Return the value of this variable, or what the file named by NAME_FILE holds.

    Raises CommandError, exit code 2, when neither is set.
    """
    value = env(name)
    if not value:
        raise CommandError(f"The environment variable {name} is not set.", returncode=2)
    return value
