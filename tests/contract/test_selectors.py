"""PLATFORM §2 and §3: what names a person, and what a person is known by."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from tests.contract.conftest import Known, People, identifiers_of
from tests.contract.target import Target, encoded, eventually

DOCUMENTS = ("user_identifiers", "user_choices", "user_profiles")


@pytest.mark.fact("§2 selectors")
def test_every_form_of_selector_names_the_person(
    target: Target, people: People, person: Known
) -> None:
    forms = (
        person.point,
        f"user_point_id={person.point}",
        f"user_agent_id={encoded(person.agent)}",
        f"email_hash={person.email}",
        person.by_account,
    )
    assert [people.point_of(form) for form in forms] == [person.point] * len(forms)


@pytest.mark.fact("§2 encoding")
@pytest.mark.parametrize("mark", [":", "|", " ", "Zoë", "%", "+", "?", "#", "&"])
def test_values_are_percent_encoded(target: Target, people: People, mark: str) -> None:
    made = people.make(f"{mark}{uuid4().hex}{mark}")
    assert people.point_of(made.by_account) == made.point
    assert target.call("PUT", target.point(made.point, made.profile), json={}).status == 200
    profiles = target.all(target.point(made.point, "user_profiles"))
    assert [row["$user_account_id"] for row in profiles] == [made.account]


@pytest.mark.chosen("§2")
@pytest.mark.parametrize("mark", ["/", ",", "="])
def test_the_marks_of_the_path_are_decoded_last(people: People, mark: str) -> None:
    made = people.make(f"{mark}{uuid4().hex}{mark}x")
    assert people.point_of(made.by_account) == made.point


@pytest.mark.fact("§2 unknown")
@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("form", ["{}", "user_point_id={}", "user_agent_id=vec%3A{}"])
def test_an_unknown_person_is_a_404(target: Target, document: str, form: str) -> None:
    selector = form.format(uuid4().int if "agent" in form else uuid4())
    assert target.get(target.point(selector, document)).status == 404


@pytest.mark.fact("§2 one-document")
def test_the_selector_picks_the_person_and_the_tail_the_profile(
    target: Target, person: Known
) -> None:
    target.call("PUT", target.point(person.point, person.profile), json={"city": "Brno"})
    by_email = target.point(f"email_hash={person.email}", person.profile)
    assert target.get(by_email).data["city"] == "Brno"
    whole = target.point(person.point, person.profile.rpartition("/")[0])
    assert target.get(whole).data["$user_account_id"] == person.account


@pytest.mark.fact("§2 merged", "§6 merge")
def test_points_of_one_person_are_merged_under_the_older(people: People) -> None:
    older, newer = people.make(), people.make()
    people.post([identifiers_of(older)[0], identifiers_of(newer)[1]])
    eventually(lambda: people.point_of(newer.by_account) == older.point)
    assert people.point_of(f"user_agent_id={encoded(newer.agent)}") == older.point
    assert people.point_of(f"email_hash={newer.email}") == older.point


@pytest.mark.chosen("§2")
def test_an_archived_point_is_a_404(target: Target, people: People) -> None:
    older, newer = people.make(), people.make()
    people.post([identifiers_of(older)[1], identifiers_of(newer)[1]])
    eventually(lambda: people.point_of(newer.by_account) == older.point)
    assert target.get(target.point(newer.point, "user_identifiers")).status == 404


@pytest.mark.fact("§3 identifiers", "§3 shapes")
def test_identifiers_are_a_mixed_list(target: Target, person: Known) -> None:
    rows = target.all(target.point(person.point, "user_identifiers"))
    found = {row["type"]: row for row in rows}
    assert set(found) == {"USER_POINT", "USER_ACCOUNT", "USER_EMAIL", "USER_AGENT"}
    assert found["USER_POINT"]["user_point_id"] == person.point
    assert found["USER_ACCOUNT"]["user_account_id"] == person.account
    assert found["USER_EMAIL"]["hash"] == person.email
    assert found["USER_AGENT"]["vector_id"] == person.agent


@pytest.mark.fact("§3 shapes")
def test_nothing_of_an_identifier_begins_with_a_dollar(target: Target, person: Known) -> None:
    rows = target.all(target.point(person.point, "user_identifiers"))
    assert not [name for row in rows for name in row if name.startswith("$")]
    assert all(isinstance(row["creation_ts"], int) for row in rows)


@pytest.mark.fact("§3 hash")
def test_an_email_hash_is_whatever_the_datamart_hashes_to(people: People) -> None:
    named = replace(people.make(), email=f"md5-or-so-{uuid4().hex}")
    people.post(identifiers_of(named))
    assert eventually(lambda: people.point_of(f"email_hash={named.email}")) == named.point


@pytest.mark.fact("§2 documents")
@pytest.mark.parametrize(
    "document", [*DOCUMENTS, "user_activities", "user_segments", "user_scenarios"]
)
def test_every_type_of_document_is_a_list(target: Target, person: Known, document: str) -> None:
    answer = target.get(target.point(person.point, document))
    assert answer.status in {200, 404}, "whether nothing is a 404 is nobody's promise"
    assert isinstance(target.all(target.point(person.point, document)), list)
    assert (answer.status == 200) or answer.json["error"] == "Resource Not Found"


@pytest.mark.fact("§2 agents")
@pytest.mark.parametrize("prefix", ["vec:", "udp:", "net:4:", "tech:goo:", "tech:apx:", "etag:"])
def test_agents_of_every_kind_name_the_person(people: People, person: Known, prefix: str) -> None:
    agent = f"{prefix}{uuid4().int % 10**15}"
    people.post([{"$type": "USER_AGENT", "$user_agent_id": agent}, identifiers_of(person)[0]])
    assert eventually(lambda: people.point_of(f"user_agent_id={encoded(agent)}")) == person.point


@pytest.mark.fact("§2 points")
def test_the_id_of_a_point_is_a_uuid(person: Known) -> None:
    assert str(UUID(person.point)) == person.point
