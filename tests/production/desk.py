"""Staff at a browser without JavaScript, behind the proxy: plain forms over HTTP."""

import re

import requests

from consentadmin.sandbox.people import MARIE
from tests.production.house import HOST, House

LOOK_UP = {"text": MARIE.emails[0], "datamart": "1459", "compartment": "1606"}
WHY = {"kind": "", "reason": "call", "case": "C-0142", "note": ""}
REFUSE = {"accepted": "false", "at": "", "cause": "person-asked", "note": ""}
CUSTOM = {"custom-name": "", "custom-type": "text", "custom-value": ""}


class Desk:
    """A member of staff at a browser without JavaScript."""

    def __init__(self, house: House) -> None:
        self.house, self.session = house, house.visitor()
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, **data: str) -> requests.Response:
        """Ask as a browser would through the proxy: cookies kept though the last mile is plain."""
        headers = {"Referer": f"https://{HOST}/", "Origin": f"https://{HOST}"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.session.request(
            method,
            self.house.url(path),
            data=data or None,
            headers=headers,
            allow_redirects=False,
            timeout=20,
        )
        for name, value in answer.cookies.items():
            self.cookies[name] = str(value)
        self.session.cookies.clear()
        return answer

    def get(self, path: str) -> str:
        """Open a page that must be there, and return it as one line."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return " ".join(answer.text.split())

    def send(self, form: str, path: str, **data: str) -> requests.Response:
        """Fill in the form on the page `form`, hidden token and all, and send it to `path`."""
        page = self.get(form)
        (token, *_) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        return self.ask("POST", path, csrfmiddlewaretoken=token, **data)


def signed_in(house: House, email: str = "agent@example.com") -> Desk:
    desk = Desk(house)
    password = house.secret("demo_password")
    answer = desk.send("/sign-in", "/sign-in", login=email, password=password)
    assert answer.status_code == 302
    return desk


def looked_up(desk: Desk) -> str:
    """Look Marie up, and return the path of her page."""
    answer = desk.send("/look-up", "/look-up", **LOOK_UP, **WHY)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def changed(desk: Desk, page: str, processing: str, **fields: str) -> None:
    """Review a change of a choice, and send it."""
    form = f"{page}/choices/{processing}/change"
    reviewed = desk.send(form, form, step="review", **(REFUSE | CUSTOM | fields))
    (review,) = re.findall(r'name="review" value="([^"]+)"', reviewed.text)
    (token, *_) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', reviewed.text)
    sent = desk.ask("POST", form, step="send", review=review, csrfmiddlewaretoken=token)
    assert sent.status_code == 302, sent.text
