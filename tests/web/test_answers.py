"""What every answer carries, and the pages for what went wrong."""

import pytest
from django.test import Client, RequestFactory

from consentadmin.accounts.models import Staff
from consentadmin.datamarts.models import Datamart
from consentadmin.datamarts.services import pause_sending
from consentadmin.subjects.models import Handle
from consentadmin.web.views import errors
from tests.web.conftest import signed_in, text


def test_pages_carry_a_strict_policy_and_are_not_kept(as_alice: Client, marie: Handle) -> None:
    response = as_alice.get(f"/person/{marie.pk}")
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "no-store" in response["Cache-Control"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


def test_no_page_holds_an_inline_script_or_style(as_alice: Client, marie: Handle) -> None:
    page = as_alice.get(f"/person/{marie.pk}").content.decode()
    assert "<script>" not in page
    assert " style=" not in page
    assert " onclick=" not in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_each_answer_has_an_id(as_alice: Client) -> None:
    ids = {as_alice.get("/look-up")["X-Request-Id"] for _ in range(2)}
    assert len(ids) == 2


def test_an_unknown_page_says_so(as_alice: Client) -> None:
    response = as_alice.get("/nowhere")
    assert response.status_code == 404
    assert "<h1" in text(response)


def test_a_forged_form_is_refused(alice: Staff) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post("/look-up", {"text": "vec:1"})
    assert response.status_code == 403
    assert "<h1" in text(response)


def test_our_own_failure_needs_neither_database_nor_session(rf: RequestFactory) -> None:
    response = errors.broken(rf.get("/"))
    assert response.status_code == 500
    assert "<h1" in text(response)


def test_a_request_that_makes_no_sense_is_told(rf: RequestFactory) -> None:
    assert errors.bad_request(rf.get("/"), ValueError()).status_code == 400


def test_times_are_shown_in_the_viewers_zone(as_alice: Client, marie: Handle) -> None:
    as_alice.cookies["zone"] = "Asia/Tokyo"
    assert "JST" in text(as_alice.get(f"/person/{marie.pk}"))
    as_alice.cookies["zone"] = "../../etc/passwd"
    assert "CET" in text(as_alice.get(f"/person/{marie.pk}"))


def test_paused_sending_is_said_on_every_screen(
    as_alice: Client, marie: Handle, datamart: Datamart
) -> None:
    assert "Sending to" not in text(as_alice.get("/look-up"))
    pause_sending(datamart=datamart, why="The platform refused the API token.")
    assert "Sending to Retail EU is paused" in text(as_alice.get("/look-up"))
    assert "Sending to Retail EU is paused" in text(as_alice.get(f"/person/{marie.pk}"))


@pytest.mark.parametrize("path", ["/datamarts", "/datamarts/1459/resume"])
def test_datamarts_are_for_administrators(as_alice: Client, datamart: Datamart, path: str) -> None:
    method = as_alice.post if path.endswith("resume") else as_alice.get
    assert method(path).status_code == 403


def test_an_administrator_resumes_sending(client: Client, dan: Staff, datamart: Datamart) -> None:
    pause_sending(datamart=datamart, why="The platform refused the API token.")
    signed_in(client, dan)
    assert "paused" in text(client.get("/datamarts"))
    assert client.get("/datamarts/1459/resume").status_code == 405
    assert client.post("/datamarts/1459/resume").status_code == 302
    datamart.refresh_from_db()
    assert datamart.sending_paused_at is None
    assert client.post("/datamarts/9/resume").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/person/%00",
        "/person/a%00b/choices/1",
        "/person/" + "h" * 500,
        "/person/h%2Fi",
        "/person/..%2f..%2f",
        "/person/h/choices/" + "9" * 41,
        "/person/h/choices/%00/change",
        "/person/h/changes/" + "9" * 40,
        "/datamarts/%00/resume",
    ],
)
def test_an_address_that_can_not_be_is_not_found(as_alice: Client, path: str) -> None:
    assert as_alice.get(path).status_code in {404, 405}


def test_a_change_id_beyond_all_numbers_is_not_found(as_alice: Client, marie: Handle) -> None:
    assert as_alice.get(f"/person/{marie.pk}/changes/{'9' * 40}").status_code == 404


@pytest.mark.parametrize(
    "query", ["before=" + "9" * 40, "before=%00", "actor=%00", "person=%00", "since=%ff"]
)
def test_a_query_that_can_not_be_ends_in_no_failure(
    client: Client, carol: Staff, query: str
) -> None:
    assert signed_in(client, carol).get(f"/trail?{query}").status_code in {200, 422}


def test_a_form_with_lone_surrogates_ends_in_no_failure(as_alice: Client) -> None:
    body = "text=%ED%A0%80x&datamart=1459&reason=call"
    response = as_alice.post("/look-up", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code in {400, 422}


@pytest.mark.parametrize("cookie", ['"\\000aaaaaaaa"', "x" * 500, "../../etc", "A B"])
def test_a_session_cookie_that_can_not_be_one_is_none(
    client: Client, db: None, cookie: str
) -> None:
    response = client.get("/look-up", headers={"Cookie": f"sessionid={cookie}"})
    assert response.status_code == 302
