"""The datamarts room as a Django application."""

from django.apps import AppConfig


class DatamartsConfig(AppConfig):
    """Names the room for Django."""

    name = "consentadmin.datamarts"
    label = "datamarts"
