"""The subjects room as a Django application."""

from django.apps import AppConfig


class SubjectsConfig(AppConfig):
    """Names the room for Django."""

    name = "consentadmin.subjects"
    label = "subjects"
