"""The web room as a Django application."""

import logging

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Loads the Celery application with Django, so that tasks of this process find their broker."""

    name = "consentadmin.web"
    label = "web"

    def ready(self) -> None:
        """Import what must be there before the first request."""
        from consentadmin import celery, vault
        from consentadmin.web import checks

        vault.field_keys()
        vault.alias_keys()  # a key that can't be used stops the start
        logging.captureWarnings(capture=True)  # in the form of the log, not of Python
        assert celery.app.main == "consentadmin", "the Celery application is ours"
        assert checks.__name__, "the checks are registered by their import"
