"""Addresses and the views behind them."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from consentadmin.web.views import changes, datamarts, health, lookup, people, staff, trail


class HandleConverter(StringConverter):
    """A handle: random letters, digits, `-` and `_`."""

    regex = r"[A-Za-z0-9_-]{1,32}"


class PlatformIdConverter(StringConverter):
    """An id of the platform's, as long as our tables hold one."""

    regex = r"[A-Za-z0-9_-]{1,40}"


register_converter(HandleConverter, "handle")
register_converter(PlatformIdConverter, "id")

PERSON = "person/<handle:handle>"
CHOICE = f"{PERSON}/choices/<id:processing>"
CHANGE = f"{PERSON}/changes/<int:pk>"

urlpatterns = [
    path("", staff.home, name="home"),
    path("sign-in", staff.sign_in, name="account_login"),
    path("sign-out", staff.sign_out, name="account_logout"),
    path("look-up", lookup.look_up, name="look-up"),
    path("look-up/recognise", lookup.recognise, name="recognise"),
    path(PERSON, people.person, name="person"),
    path(CHOICE, people.choice, name="choice"),
    path(f"{CHOICE}/history", people.history, name="history"),
    path(f"{CHOICE}/change", changes.change_choice, name="change-choice"),
    path(CHANGE, changes.change, name="change"),
    path(f"{CHANGE}/cancel", changes.cancel, name="cancel-change"),
    path(f"{CHANGE}/retry", changes.retry, name="retry-change"),
    path("trail", trail.trail, name="trail"),
    path("trail/person", trail.of_person, name="trail-of-person"),
    path("datamarts", datamarts.datamarts, name="datamarts"),
    path("datamarts/<id:platform_id>/resume", datamarts.resume, name="resume-sending"),
    path("healthz", health.ready, name="health"),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("metrics", health.figures, name="metrics"),
]
