"""The changes room as a Django application."""

from django.apps import AppConfig


class ChangesConfig(AppConfig):
    """Names the room for Django."""

    name = "consentadmin.changes"
    label = "changes"
