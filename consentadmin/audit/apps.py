"""The audit room as a Django application."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Names the room for Django."""

    name = "consentadmin.audit"
    label = "audit"

    def ready(self) -> None:
        """Register the checks."""
        from consentadmin.audit import checks  # noqa: F401  (settings are there now)
