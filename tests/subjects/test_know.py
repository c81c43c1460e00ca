"""Knowing a subject again, whatever identifier it is found by (DESIGN §4, One subject)."""

import pytest

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.identifiers import Agent, Identifiers, Point
from consentadmin.mediarithmics.selectors import (
    AccountSelector,
    AgentSelector,
    EmailHashSelector,
    PointSelector,
    Selector,
)
from consentadmin.sandbox.people import MARIE, POINTLESS_DEVICE
from consentadmin.subjects.models import Alias, DataKey, Erased, Subject
from consentadmin.subjects.queries import living, subjects_named
from consentadmin.subjects.services import join, know

WAYS: list[Selector] = [
    AccountSelector(*MARIE.accounts[0]),
    EmailHashSelector(MARIE.email_hashes[0]),
    AgentSelector(MARIE.agents[0]),
    PointSelector(MARIE.point_id or ""),
]


def known(datamart: Datamart, selector: Selector) -> Subject:
    found = client_for(datamart).identifiers(datamart.platform_id, selector)
    return know(datamart=datamart, selector=selector, identifiers=found)


def pointed(point: str, agent: str = "") -> Identifiers:
    agents = (Agent(agent, {}, None, None, {}),) if agent else ()
    return Identifiers((Point(point, None, {}), *agents))


def test_it_knows_one_person_by_every_identifier(datamart: Datamart) -> None:
    assert len({known(datamart, way).pk for way in WAYS}) == 1


def test_it_keeps_the_point_sealed(datamart: Datamart) -> None:
    subject = known(datamart, WAYS[0])
    assert subject.point == MARIE.point_id
    assert (MARIE.point_id or "").encode() not in bytes(subject.point_sealed or b"")


def test_it_finds_a_subject_by_any_alias_without_the_platform(datamart: Datamart) -> None:
    subject = known(datamart, WAYS[0])
    assert all(
        list(subjects_named(datamart=datamart, selector=way)) == [subject.pk] for way in WAYS
    )


def test_no_alias_tells_the_identifier(datamart: Datamart) -> None:
    known(datamart, WAYS[0])
    told = b"".join(bytes(alias.digest) for alias in Alias.objects.all())
    assert MARIE.agents[0].encode() not in told


def test_the_same_identifier_elsewhere_is_somebody_else(
    datamart: Datamart, other_datamart: Datamart
) -> None:
    agent = AgentSelector("vec:1")
    here = know(datamart=datamart, selector=agent, identifiers=pointed("p1", "vec:1"))
    there = know(datamart=other_datamart, selector=agent, identifiers=pointed("p1", "vec:1"))
    assert here.pk != there.pk


def test_a_device_without_a_point_is_a_subject(datamart: Datamart) -> None:
    device = AgentSelector(POINTLESS_DEVICE.agents[0])
    subject = known(datamart, device)
    assert subject.point is None
    assert subject.address(device) == device
    assert known(datamart, device).pk == subject.pk


def test_a_device_that_gets_a_point_is_known_again(datamart: Datamart) -> None:
    agent = AgentSelector("vec:77")
    bare = Identifiers((Agent("vec:77", {}, None, None, {}),))
    device = know(datamart=datamart, selector=agent, identifiers=bare)
    person = know(datamart=datamart, selector=agent, identifiers=pointed("p77", "vec:77"))
    assert person.pk == device.pk
    assert person.point == "p77"


def test_a_device_that_left_its_person_is_not_that_person(datamart: Datamart) -> None:
    agent = AgentSelector("vec:78")
    person = know(datamart=datamart, selector=agent, identifiers=pointed("p78", "vec:78"))
    bare = Identifiers((Agent("vec:78", {}, None, None, {}),))
    assert know(datamart=datamart, selector=agent, identifiers=bare).pk != person.pk


def test_joined_subjects_lead_to_the_living_one_and_are_found_together(datamart: Datamart) -> None:
    old, new = PointSelector("old"), PointSelector("new")
    elder = know(datamart=datamart, selector=old, identifiers=pointed("old"))
    younger = know(datamart=datamart, selector=new, identifiers=pointed("new"))
    join(subject=younger, into=elder)
    younger.refresh_from_db()
    assert living(younger) == elder
    assert set(subjects_named(datamart=datamart, selector=new)) == {elder.pk, younger.pk}
    assert Entry.objects.filter(action=Action.JOINED, subject=younger.pk).count() == 1


def test_a_joined_subject_whose_point_answers_again_is_parted(datamart: Datamart) -> None:
    old, new = PointSelector("old"), PointSelector("new")
    elder = know(datamart=datamart, selector=old, identifiers=pointed("old"))
    younger = know(datamart=datamart, selector=new, identifiers=pointed("new"))
    join(subject=younger, into=elder)
    again = know(datamart=datamart, selector=new, identifiers=pointed("new"))
    assert again.pk == younger.pk
    assert again.joined_into_id is None


def test_without_its_data_key_nothing_opens(datamart: Datamart) -> None:
    subject = known(datamart, WAYS[0])
    DataKey.objects.filter(subject=subject).delete()
    with pytest.raises(Erased):
        _ = Subject.objects.get(pk=subject.pk).point


def test_a_value_sealed_for_one_purpose_does_not_open_for_another(datamart: Datamart) -> None:
    subject = known(datamart, WAYS[0])
    sealed = subject.seal({"a": "é"}, purpose="note")
    assert subject.open(sealed, purpose="note") == {"a": "é"}
    with pytest.raises(Exception, match="do not open"):
        subject.open(sealed, purpose="payload")


def test_a_platform_that_answers_to_an_archived_id_shows_the_merge(datamart: Datamart) -> None:
    archived, elder = PointSelector("newer"), pointed("older")
    younger = know(datamart=datamart, selector=archived, identifiers=pointed("newer"))
    found = know(datamart=datamart, selector=archived, identifiers=elder)
    younger.refresh_from_db()
    assert found.point == "older"
    assert younger.joined_into == found


def test_a_list_with_two_points_joins_their_subjects(datamart: Datamart) -> None:
    first, second = PointSelector("one"), PointSelector("two")
    other = know(datamart=datamart, selector=second, identifiers=pointed("two"))
    both = Identifiers((Point("one", None, {}), Point("two", None, {})))
    known_as = know(datamart=datamart, selector=first, identifiers=both)
    other.refresh_from_db()
    assert other.joined_into == known_as
