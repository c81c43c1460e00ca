"""The exports room as a Django application."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Names the room for Django."""

    name = "consentadmin.exports"
    label = "exports"
