"""Referentials, choices and profiles are read strictly, and keep what we don't know."""

from collections.abc import Callable

import pytest

from consentadmin.mediarithmics.errors import Garbled
from consentadmin.mediarithmics.fields import Json
from consentadmin.mediarithmics.shapes import (
    LegalBasis,
    read_channel,
    read_choice,
    read_compartment,
    read_datamart,
    read_organisation,
    read_processing,
    read_profile,
)

TS = 1_573_134_360_000


def choice(**more: Json) -> dict[str, Json]:
    return {
        "$processing_id": "7",
        "$choice_ts": TS,
        "$choice_acceptance_value": True,
        **{name.replace("S_", "$"): value for name, value in more.items()},
    }


@pytest.mark.fact("§4 fields")
def test_a_choice_is_read_as_documented() -> None:
    read = read_choice(choice(S_creation_ts=TS + 5, S_channel_id="12", form="f-12"))
    assert (read.processing, read.accepted, read.choice_ts) == ("7", True, TS)
    assert read.creation_ts == TS + 5
    assert (dict(read.customs), dict(read.system)) == ({"form": "f-12"}, {"$channel_id": "12"})


@pytest.mark.fact("§1 times", "§1 ids")
@pytest.mark.parametrize("ts", [TS, str(TS)])
@pytest.mark.parametrize("processing", [7, "7"])
def test_numbers_may_be_quoted_or_not(ts: Json, processing: Json) -> None:
    read = read_choice(choice(S_choice_ts=ts, S_processing_id=processing))
    assert (read.choice_ts, read.processing) == (TS, "7")


@pytest.mark.parametrize("ts", [1_573_134_360, TS * 1000, 2**63 - 1, -1, 0])
def test_a_time_in_a_wrong_unit_is_kept_as_it_is(ts: int) -> None:
    assert read_choice(choice(S_choice_ts=ts)).choice_ts == ts


def test_the_processing_may_come_from_the_url() -> None:
    body = choice()
    del body["$processing_id"]
    assert read_choice(body, processing="9").processing == "9"


@pytest.mark.parametrize(
    "wrong",
    [
        {"S_choice_ts": None},
        {"S_choice_ts": "soon"},
        {"S_choice_ts": 1.5e12},
        {"S_choice_ts": True},
        {"S_choice_ts": 2**63},
        {"S_choice_ts": "9" * 19},
        {"S_choice_ts": "9" * 30},
        {"S_choice_ts": "\uff11"},
        {"S_choice_acceptance_value": "true"},
        {"S_choice_acceptance_value": 1},
        {"S_choice_acceptance_value": None},
        {"S_processing_id": None},
        {"S_processing_id": ""},
        {"S_processing_id": {}},
        {"S_creation_ts": "yesterday"},
    ],
)
def test_a_choice_with_a_wrong_field_is_garbled(wrong: dict[str, Json]) -> None:
    with pytest.raises(Garbled):
        read_choice(choice(**wrong))


def test_a_choice_of_another_processing_is_garbled() -> None:
    with pytest.raises(Garbled):
        read_choice(choice(), processing="8")


def test_the_digest_is_of_what_an_agent_sees() -> None:
    seen = read_choice(choice(a=1, b={"c": [1, "é"]}))
    same = read_choice({"b": {"c": [1, "é"]}, "a": 1, **choice(S_creation_ts=5, S_channel_id="1")})
    assert seen.digest() == same.digest()
    assert len(seen.digest()) == 64


@pytest.mark.parametrize(
    "other", [{"S_choice_acceptance_value": False}, {"S_choice_ts": TS + 1}, {"a": 2}, {"a": "1"}]
)
def test_the_digest_tells_choices_apart(other: dict[str, Json]) -> None:
    assert read_choice(choice(a=1)).digest() != read_choice(choice(**{"a": 1, **other})).digest()


def test_no_custom_field_is_in_a_repr() -> None:
    read = read_choice(choice(note="personal", S_email_hash="abcdef"))
    assert "personal" not in repr(read)
    assert "abcdef" not in repr(read)


def test_a_processing_keeps_an_unknown_basis_as_written() -> None:
    read = read_processing({"id": "7", "legal_basis": "VITAL_INTEREST", "extra": 1})
    assert (read.legal_basis, read.basis, dict(read.rest)) == ("VITAL_INTEREST", None, {"extra": 1})
    known = read_processing({"id": 7, "legal_basis": "CONSENT", "archived": True})
    assert (known.id, known.basis, known.archived) == ("7", LegalBasis.CONSENT, True)


@pytest.mark.fact("§4 bases")
def test_every_legal_basis_is_known() -> None:
    written = "PUBLIC_INTEREST_OR_EXERCISE_OF_OFFICIAL_AUTHORITY"
    assert read_processing({"id": "7", "legal_basis": written}).basis is LegalBasis.PUBLIC_INTEREST


@pytest.mark.fact("§8 compartments")
@pytest.mark.parametrize(
    ("name", "token", "shown"), [("Main", "t", "Main"), ("", "t", "t"), (None, None, "1606")]
)
def test_a_compartment_without_a_name_shows_its_token(
    name: str | None, token: str | None, shown: str
) -> None:
    read = read_compartment({"id": 3, "compartment_id": 1606, "name": name, "token": token})
    assert (read.id, read.link_id, read.name, read.default) == ("1606", "3", shown, False)


def test_the_other_referentials_are_read() -> None:
    assert read_organisation({"id": "1", "name": "O", "community_id": "2"}).community_id == "2"
    assert read_datamart({"id": "1", "organisation_id": 2, "x": 0}).organisation_id == "2"
    assert read_channel({"id": "1", "type": "SITE", "domain": None}).domain == ""


def test_a_profile_is_read_with_its_nested_customs() -> None:
    body: dict[str, Json] = {
        "$compartment_id": 1606,
        "$user_account_id": "914eb2aa",
        "$creation_ts": TS,
        "$expiration_ts": None,
        "$other": "x",
        "address": {"city": "Paris"},
    }
    read = read_profile(body)
    assert (read.compartment, read.account, read.creation_ts) == ("1606", "914eb2aa", TS)
    assert (dict(read.customs), dict(read.system)) == (
        {"address": {"city": "Paris"}},
        {"$other": "x"},
    )
    assert "Paris" not in repr(read)
    assert "914eb2aa" not in repr(read)


def test_a_profiles_digest_is_of_its_customs() -> None:
    first, second = read_profile({"a": {"b": 1}, "$creation_ts": 1}), read_profile({"a": {"b": 1}})
    assert first.digest() == second.digest()
    assert first.digest() != read_profile({"a": {"b": 2}}).digest()


@pytest.mark.parametrize(
    "read",
    [
        read_channel,
        read_choice,
        read_compartment,
        read_datamart,
        read_organisation,
        read_processing,
        read_profile,
    ],
)
@pytest.mark.parametrize("value", [None, [], "x", 1, True])
def test_what_is_no_object_is_garbled(read: Callable[[Json], object], value: Json) -> None:
    with pytest.raises(Garbled):
        read(value)
