"""The userpoints room as a Django application."""

from django.apps import AppConfig


class UserpointsConfig(AppConfig):
    """Names the room for Django."""

    name = "consentadmin.userpoints"
    label = "userpoints"
