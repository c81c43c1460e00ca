"""Every endpoint that the sandbox reproduces has a method of the client, and every method one."""

import contextlib
import re
from collections.abc import Iterator

import pytest

from consentadmin.mediarithmics.activities import Activity, SessionStatus
from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import PlatformError
from consentadmin.mediarithmics.filters import EVERYTHING
from consentadmin.mediarithmics.imports import DocumentType
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.selectors import AccountSelector, PointSelector
from consentadmin.sandbox.openapi import document
from tests.fixtures import lies
from tests.fixtures.liar import Liar

TS = 1_573_134_360_000
POINT, WHO = PointSelector("26340584"), AccountSelector("1606", "a")
CHOICE = {"accepted": True, "choice_ts": TS, "customs": {}}
ACTIVITY = Activity(
    type="TOUCH", session_status=SessionStatus.NO_SESSION, ts=TS, identifiers=(WHO,)
)
CALLS: dict[str, tuple[tuple[object, ...], dict[str, object]]] = {
    "datamart": (("1",), {}),
    "datamarts": (("1",), {}),
    "organisation": (("1",), {}),
    "processings": (("1",), {}),
    "compartments": (("1",), {}),
    "channels": (("1",), {}),
    "identifiers": (("1", POINT), {}),
    "choices": (("1", POINT), {}),
    "choice": (("1", POINT, "7"), {}),
    "choice_log": (("1", POINT, "7"), {}),
    "profiles": (("1", POINT), {}),
    "profile": (("1", POINT, "1606", "a"), {}),
    "segments": (("1", POINT), {}),
    "scenarios": (("1", POINT), {}),
    "put_choice": (("1", POINT, "7"), CHOICE),
    "delete_choice": (("1", POINT, "7"), {}),
    "put_profile": (
        ("1", POINT, "1606", "a", {}),
        {"strategy": ProfileStrategy.PARTIAL_UPDATE},
    ),
    "delete_profile": (("1", POINT, "1606", "a"), {}),
    "delete_point": (("1", POINT), {}),
    "post_activity": (("1", ACTIVITY), {}),
    "activities": (("1", POINT), {}),
    "timeline": (("1", POINT), {}),
    "timeline_page": (("1", POINT), {}),
    "delete_activities": (("1", POINT, EVERYTHING.where("$type", "TOUCH")), {}),
    "create_import": (("1", DocumentType.USER_CHOICE, "x"), {}),
    "start_execution": (("1", "7", [b"{}"]), {}),
    "executions": (("1", "7"), {}),
    "execution": (("1", "7", "9"), {}),
    "cancel_execution": (("1", "7", "9"), {}),
    "error_file": (("mics://x",), {}),
}
AGAIN: dict[str, tuple[object, ...]] = {"profile": ("1", POINT, "1606")}
"""Methods that call another endpoint when they are given less."""

UNUSED = {("GET", "/v1/datamarts/:/document_imports/:")}
"""What nobody documents, and the client can do without: it knows the imports that it made."""


def endpoints() -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """The method and the pattern of each endpoint, and what finds it in a path as it is sent."""
    for path, methods in document()["paths"].items():
        pattern = re.sub(r"[^/]*{[^/]*", ":", path)
        sent = re.compile(re.sub(r"\\{\w+\\}", "[^/,?]+", re.escape(path)) + r"(\?.*)?")
        yield from ((method.upper(), pattern, sent) for method in methods)


def asked(liar: Liar, client: Client, name: str) -> set[tuple[str, str]]:
    """Which endpoints a method of the client calls."""
    given, named = CALLS[name]
    with contextlib.suppress(PlatformError):  # whatever the answer: what is asked is looked at
        getattr(client, name)(*given, **named)
    with contextlib.suppress(PlatformError, KeyError):
        getattr(client, name)(*AGAIN[name], **named)
    return {
        (method, pattern)
        for method, pattern, sent in endpoints()
        for request in liar.requests
        if request.method == method and sent.fullmatch(request.path)
    }


def test_every_method_is_called_here() -> None:
    public = {name for name in vars(Client) | _inherited() if not name.startswith("_")}
    assert public - {"close"} == CALLS.keys()


def _inherited() -> dict[str, object]:
    return {name: each for base in Client.__mro__[1:-1] for name, each in vars(base).items()}


@pytest.mark.parametrize("name", CALLS)
def test_every_method_calls_one_endpoint(liar: Liar, client: Client, name: str) -> None:
    liar.always(lies.ok(data=[]))
    assert len(asked(liar, client, name)) == 1 + (name in AGAIN)


def test_every_endpoint_is_called(liar: Liar, client: Client) -> None:
    liar.always(lies.ok(data=[]))
    called = set().union(*(asked(liar, client, name) for name in CALLS))
    every = {(method, pattern) for method, pattern, _ in endpoints()}
    assert every - called == UNUSED
