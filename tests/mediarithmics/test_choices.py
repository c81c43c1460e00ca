"""One choice may be answered as an object or as a list."""

import pytest

from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import Garbled, NotFound
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.mediarithmics.conftest import ALICE

OLD = {"$processing_id": 7, "$choice_ts": 1_500_000_000_000, "$choice_acceptance_value": True}
NEW = {"$processing_id": "7", "$choice_ts": 1_600_000_000_000, "$choice_acceptance_value": False}


@pytest.mark.parametrize("data", [NEW, [NEW], [OLD, NEW], [NEW, OLD]])
def test_the_newest_is_the_choice(liar: Liar, client: Client, data: object) -> None:
    liar.always(lies.ok(data))
    assert client.choice("1", ALICE, "7").choice_ts == NEW["$choice_ts"]


def test_a_list_of_none_is_not_found(liar: Liar, client: Client) -> None:
    liar.always(lies.ok([]))
    with pytest.raises(NotFound):
        client.choice("1", ALICE, "7")


@pytest.mark.parametrize("data", [None, {}, "x", [None], {**NEW, "$processing_id": "8"}])
def test_anything_else_is_garbled(liar: Liar, client: Client, data: object) -> None:
    liar.always(lies.ok(data))
    with pytest.raises(Garbled):
        client.choice("1", ALICE, "7")


def test_all_choices_need_their_processing(liar: Liar, client: Client) -> None:
    liar.always(lies.ok([OLD, {**NEW, "$processing_id": "8"}]))
    assert [choice.processing for choice in client.choices("1", ALICE)] == ["7", "8"]
    liar.always(lies.ok([{**NEW, "$processing_id": None}]))
    with pytest.raises(Garbled):
        client.choices("1", ALICE)


def test_no_choices_are_an_empty_tuple(liar: Liar, client: Client) -> None:
    liar.always(lies.ok([]))
    assert client.choices("1", ALICE) == ()


@pytest.mark.parametrize("data", [{"a": 1}, [{"a": 1}]])
def test_a_profile_too_may_come_in_a_list(liar: Liar, client: Client, data: object) -> None:
    liar.always(lies.ok(data))
    assert dict(client.profile("1", ALICE, "1606", "x").customs) == {"a": 1}


def test_several_profiles_for_one_are_garbled(liar: Liar, client: Client) -> None:
    liar.always(lies.ok([{"a": 1}, {"a": 2}]))
    with pytest.raises(Garbled):
        client.profile("1", ALICE, "1606", "x")


def test_all_profiles_are_read(liar: Liar, client: Client) -> None:
    liar.always(lies.ok([{"$user_account_id": "1"}, {"$user_account_id": 2}]))
    assert [profile.account for profile in client.profiles("1", ALICE)] == ["1", "2"]
