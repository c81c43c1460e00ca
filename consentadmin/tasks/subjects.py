"""Forgetting what has expired: handles and sessions, each hour by Celery beat."""

from typing import Any

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from consentadmin.subjects import services


@shared_task(name="subjects.forget_expired")
def forget_expired(**later: Any) -> None:  # noqa: ANN401, ARG001
    """Delete expired handles, which hold how a person was found, and expired sessions."""
    services.forget_handles()
    SessionStore.clear_expired()
