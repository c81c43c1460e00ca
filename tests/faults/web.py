"""The web server as docker-compose.yml starts it, a visitor at it, and a bell that nobody hears."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from django.conf import settings
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.local.processes import become, kill_group
from tests.faults.asking import Place
from tests.faults.works import ROOT, Works, until
from tests.fixtures.sandbox import free_port
from tests.production import compose

PATIENCE_S = 20.0
FOUND = 302
"""Where to go next: to the person's page, which shows the change."""

REFUSE = {"accepted": "false", "at": "", "cause": "person-asked", "note": ""}
CUSTOM = {"custom-name": "", "custom-type": "text", "custom-value": ""}
FIELD = re.compile(r'name="(csrfmiddlewaretoken|review)" value="([^"]+)"')
Form = dict[str, str]


@contextmanager
def deaf_bell() -> Iterator[str]:
    """The address of a broker that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as bell:
        yield f"redis://127.0.0.1:{bell.getsockname()[1]}/0"


@dataclass(frozen=True)
class Web:
    """A web server with all its processes."""

    port: int
    process: subprocess.Popen[bytes]

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def answers(self) -> bool:
        """Whether it is up."""
        assert self.process.poll() is None, "the web server has ended"
        try:
            return requests.get(self.url("/sign-in"), timeout=PATIENCE_S).ok
        except requests.ConnectionError:
            return False

    def kill(self) -> None:
        """End all of it as kill -9 does."""
        kill_group(self.process)


@contextmanager
def running_web(works: Works, folder: Path, *, broker: str) -> Iterator[Web]:
    """A web server on the works' database that rings at this broker."""
    port = free_port()
    command = compose.services(ALLOWED_HOSTS="127.0.0.1")["web"].command
    told = {"CELERY_BROKER_URL": broker, "CONSENTADMIN_DATABASE_POOL": "8"}
    told |= {"GRANIAN_HOST": "127.0.0.1", "GRANIAN_PORT": str(port)}
    with (folder / "web.log").open("ab") as log:
        process = become(
            [sys.executable, *command[1:]],
            cwd=ROOT,
            log=log,
            env=works.environment | told,
        )
    web = Web(port, process)
    try:
        until(lambda: web.answers)
        yield web
    finally:
        web.kill()


class Visitor:
    """A member of staff, signed in, at a browser without JavaScript."""

    def __init__(self, web: Web, staff: Staff) -> None:
        client = Client()
        client.force_login(staff)
        self.web = web
        self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def review(self, place: Place) -> Form:
        """Fill in a withdrawal, and return the form by which it is sent."""
        page = requests.get(self._url(place), cookies=self.cookies, timeout=PATIENCE_S)
        page.raise_for_status()
        self.cookies |= {settings.CSRF_COOKIE_NAME: page.cookies[settings.CSRF_COOKIE_NAME]}
        token = dict(FIELD.findall(page.text))
        reviewed = self._post(place, {**token, **REFUSE, **CUSTOM, "step": "review"})
        reviewed.raise_for_status()
        return dict(FIELD.findall(reviewed.text)) | {"step": "send"}

    def send(self, place: Place, form: Form) -> bool:
        """Send the form, and return whether the server said that it took it."""
        try:
            return self._post(place, form).status_code == FOUND
        except requests.ConnectionError:
            return False

    def _post(self, place: Place, form: Form) -> requests.Response:
        return requests.post(
            self._url(place),
            form,
            cookies=self.cookies,
            allow_redirects=False,
            timeout=PATIENCE_S,
        )

    def _url(self, place: Place) -> str:
        handle, processing = place
        return self.web.url(f"/person/{handle.pk}/choices/{processing}/change")
