"""The liar itself: rules, forwarding, and faults on one endpoint only."""

import pytest

from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import Busy, Silent
from tests.fixtures import lies
from tests.fixtures.liar import Liar, running_liar
from tests.mediarithmics.conftest import put

DATAMART = lies.ok({"id": "1", "organisation_id": "2"})


def test_the_newest_rule_that_fits_wins_for_as_often_as_it_says(liar: Liar, client: Client) -> None:
    liar.always(DATAMART)
    liar.on("GET", "/datamarts/", lies.error(503), times=1)
    with pytest.raises(Busy):
        client.datamart("1")
    assert client.datamart("1").id == "1"


def test_one_endpoint_fails_while_others_are_forwarded(liar: Liar, client: Client) -> None:
    with running_liar() as behind:
        behind.always(DATAMART)
        liar.otherwise_forward_to(behind.base_url)
        liar.on("PUT", "/user_choices/", lies.error(503))
        assert client.datamart("1").id == "1"
        with pytest.raises(Busy):
            put(client)
        assert [request.method for request in behind.requests] == ["GET"]


def test_a_write_can_be_carried_out_with_nobody_hearing_of_it(liar: Liar, client: Client) -> None:
    with running_liar() as behind:
        behind.always(lies.ok({}))
        liar.otherwise_forward_to(behind.base_url)
        liar.on("PUT", "/user_choices/", lies.carry_out_then(lies.hang()))
        with pytest.raises(Silent):
            put(client, deadline=0.5)
        assert behind.requests[0].json() == liar.requests[0].json()
        assert behind.requests[0].headers["authorization"]


def test_what_no_rule_fits_is_a_500(liar: Liar, client: Client) -> None:
    liar.on("PUT", "", lies.empty())
    with pytest.raises(Busy):
        client.datamart("1")
