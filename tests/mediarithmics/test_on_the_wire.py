"""What the client sends, byte for byte."""

from urllib.parse import unquote

import pytest

from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.fields import Json
from consentadmin.mediarithmics.selectors import (
    AccountSelector,
    AgentSelector,
    EmailHashSelector,
    PointSelector,
    Selector,
)
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.mediarithmics.conftest import ALICE, ONCE, PATIENT, TOKEN, put

CHOICE = {"$choice_ts": 1_573_134_360_000, "$choice_acceptance_value": True}
BASE = "/v1/datamarts/1/user_points"


@pytest.mark.fact("§2 encoding")
@pytest.mark.parametrize(
    ("selector", "sent"),
    [
        (PointSelector("26340584-f777"), "user_point_id=26340584-f777"),
        (AgentSelector("vec:1"), "user_agent_id=vec%3A1"),
        (AgentSelector("net:7:a,b=c|d"), "user_agent_id=net%3A7%3Aa%2Cb%3Dc%7Cd"),
        (EmailHashSelector("e2749f6f"), "email_hash=e2749f6f"),
        (AccountSelector("1606", "914eb2aa"), "compartment_id=1606,user_account_id=914eb2aa"),
        (AccountSelector("1", ".."), "compartment_id=1,user_account_id=.."),
        (AccountSelector("1", "/../"), "compartment_id=1,user_account_id=%2F..%2F"),
        (AccountSelector("1", "a/b"), "compartment_id=1,user_account_id=a%2Fb"),
        (AccountSelector("1", "%2F"), "compartment_id=1,user_account_id=%252F"),
        (AccountSelector("1", "%zz"), "compartment_id=1,user_account_id=%25zz"),
        (AccountSelector("1", "é"), "compartment_id=1,user_account_id=%C3%A9"),
        (AccountSelector("1", "a b+c"), "compartment_id=1,user_account_id=a%20b%2Bc"),
        (AccountSelector("1", "?#&;~"), "compartment_id=1,user_account_id=%3F%23%26%3B~"),
        (AccountSelector("1", "."), "compartment_id=1,user_account_id=."),
        (PointSelector(".."), "user_point_id=.."),
        (PointSelector("a\r\nX: y"), "user_point_id=a%0D%0AX%3A%20y"),
    ],
)
def test_a_selector_arrives_as_it_was_encoded(
    liar: Liar, client: Client, selector: Selector, sent: str
) -> None:
    liar.always(lies.ok(CHOICE))
    client.choice("1", selector, "7")
    assert liar.requests[0].path == f"{BASE}/{sent}/user_choices/processing_id=7"


@pytest.mark.fact("§2 one-document")
@pytest.mark.parametrize("account", ["..", "a/b", "%2F", "é", "\\", "a//b/./c", "\x00"])
def test_a_profile_is_named_by_a_slash_joined_pair(
    liar: Liar, client: Client, account: str
) -> None:
    liar.always(lies.ok({}))
    client.profile("1", ALICE, "1606", account)
    path = f"{BASE}/{ALICE.path()}/user_profiles/compartment_id=1606/user_account_id="
    assert liar.requests[0].path.startswith(path)
    assert unquote(liar.requests[0].path.removeprefix(path)) == account


def test_a_profile_without_an_account_is_the_compartments(liar: Liar, client: Client) -> None:
    liar.always(lies.ok({}))
    client.profile("1", ALICE, "1606")
    assert liar.requests[0].path == f"{BASE}/{ALICE.path()}/user_profiles/compartment_id=1606"


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_a_step_in_the_path_is_no_id(client: Client, key: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        client.datamart(key)


def test_an_id_is_encoded_too(liar: Liar, client: Client) -> None:
    liar.always(lies.ok({"id": "1", "organisation_id": "2"}))
    client.datamart("../1?x")
    assert liar.requests[0].path == "/v1/datamarts/..%2F1%3Fx"


@pytest.mark.fact("§1 token", "§1 api-token")
def test_the_token_goes_bare(liar: Liar, client: Client) -> None:
    liar.always(lies.ok(CHOICE))
    client.choice("1", ALICE, "7")
    headers = liar.requests[0].headers
    assert headers["authorization"] == TOKEN
    assert headers["accept"] == "application/json"
    assert "cookie" not in headers


@pytest.mark.fact("§1 body")
def test_a_put_is_the_bare_body(liar: Liar, client: Client) -> None:
    liar.always(lies.empty(204))
    client.put_choice(
        "1", ALICE, "7", accepted=False, choice_ts=1_573_134_360_000, customs={"form": {"é": [1]}}
    )
    request = liar.requests[0]
    assert (request.method, request.headers["content-type"]) == ("PUT", "application/json")
    assert request.json() == {
        "$choice_ts": 1_573_134_360_000,
        "$choice_acceptance_value": False,
        "form": {"é": [1]},
    }


def test_a_delete_has_no_body(liar: Liar, client: Client) -> None:
    liar.always(lies.json_answer(200, {"status": "ok"}))
    client.delete_choice("1", ALICE, "7")
    assert (liar.requests[0].method, liar.requests[0].body) == ("DELETE", b"")
    assert liar.requests[0].path == f"{BASE}/{ALICE.path()}/user_choices/processing_id=7"


@pytest.mark.parametrize("answer", [lies.empty(200), lies.empty(204), lies.ok({"$x": 1})])
def test_any_well_formed_2xx_to_a_write_is_taken(
    liar: Liar, client: Client, answer: lies.Answer
) -> None:
    liar.always(answer)
    put(client)


def test_the_platforms_cookies_are_not_sent_back(liar: Liar, client: Client) -> None:
    liar.always(lies.json_answer(200, {"status": "ok", "data": CHOICE}, {"Set-Cookie": "a=b"}))
    client.choice("1", ALICE, "7")
    client.choice("1", ALICE, "7")
    assert "cookie" not in liar.requests[1].headers


@pytest.mark.fact("§1 base")
@pytest.mark.parametrize("base", ["", "/", "/v1", "/v1/"])
def test_the_base_may_name_its_version(liar: Liar, base: str) -> None:
    liar.always(lies.ok(CHOICE))
    client = Client(base_url=liar.base_url + base, token=TOKEN, timeouts=PATIENT, reads=ONCE)
    client.choice("1", ALICE, "7")
    assert liar.requests[0].path.startswith("/v1/datamarts/")


def test_the_base_may_be_below_a_path(liar: Liar) -> None:
    liar.always(lies.ok(CHOICE))
    client = Client(base_url=f"{liar.base_url}/mics", token=TOKEN, timeouts=PATIENT, reads=ONCE)
    client.choice("1", ALICE, "7")
    assert liar.requests[0].path.startswith("/mics/v1/datamarts/")


@pytest.mark.parametrize(
    "base", ["", "api.example", "ftp://x", "http://", "https://u:p@x", "https://x?y", "https://x#y"]
)
def test_a_wrong_base_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="The API's address"):
        Client(base_url=base, token=TOKEN)


@pytest.mark.parametrize("token", ["", " ", "a\nb", "a\r\nX: y", "é"])
def test_a_token_that_cannot_be_sent_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="API token") as caught:
        Client(base_url="https://x", token=token)
    assert len(token.strip()) < 2 or token not in str(caught.value)


@pytest.mark.parametrize(
    ("ts", "customs"), [(1_573_134_360, {}), (1_573_134_360_000, {"$choice_ts": 1})]
)
def test_a_choice_that_cannot_be_meant_is_not_sent(
    liar: Liar, client: Client, ts: int, customs: dict[str, Json]
) -> None:
    with pytest.raises(ValueError, match=r"choice_ts|custom"):
        client.put_choice("1", ALICE, "7", accepted=True, choice_ts=ts, customs=customs)
    assert liar.requests == []


def test_a_proxy_from_the_environment_gets_the_same_path(
    liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", liar.base_url)
    liar.always(lies.ok(CHOICE))
    client = Client(base_url="http://api.example", token=TOKEN, timeouts=PATIENT, reads=ONCE)
    client.choice("1", AccountSelector("1", "../%2F"), "7")
    path = "compartment_id=1,user_account_id=..%2F%252F/user_choices/processing_id=7"
    assert liar.requests[0].path == f"http://api.example{BASE}/{path}"


def test_the_environment_can_be_left_alone(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    liar.always(lies.ok(CHOICE))
    client = Client(
        base_url=liar.base_url, token=TOKEN, timeouts=PATIENT, reads=ONCE, trust_env=False
    )
    client.choice("1", ALICE, "7")
    assert len(liar.requests) == 1
