"""The Celery application: `celery -A consentadmin.celery worker`.

Celery is the doorbell, not the queue: every piece of work is a row in PostgreSQL, and a task
that is lost, doubled or late costs time, never a change. The settings below keep it quick and
bounded even so.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consentadmin.settings")

app = Celery("consentadmin", set_as_current=True)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["consentadmin.tasks"], related_name="audit")
app.autodiscover_tasks(["consentadmin.tasks"], related_name="changes")
app.autodiscover_tasks(["consentadmin.tasks"], related_name="datamarts")
app.autodiscover_tasks(["consentadmin.tasks"], related_name="exports")
app.autodiscover_tasks(["consentadmin.tasks"], related_name="subjects")


@setup_logging.connect
def keep_logging(**_: Any) -> None:  # noqa: ANN401
    """Leave the log as Django's settings have set it up: one form for all processes."""
