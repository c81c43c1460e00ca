"""An entry's canonical bytes: the writer's and the database's are the same, by RFC 8785."""

import json
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentadmin.audit.canonical import NotCanonical, canonical
from consentadmin.audit.models import Entry
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Actor

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\x00")), inner)
    ),
    max_leaves=8,
)


def kept(entry: Entry) -> tuple[str, str]:
    """What is kept of an entry, and what the database renders of its row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT canonical, audit_canonical(e) FROM audit_entry e WHERE id = %s", [entry.pk]
        )
        row: tuple[str, str] = cursor.fetchone()
    return row


@given(
    data=st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\x00")), values)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_writer_and_database_render_the_same_bytes(db: None, data: dict[str, Any]) -> None:
    entry = record(action=Action.READ, actor=Actor(7, 'Ann\u2028a "Ö"\t\\', "agent"), data=data)
    written, rendered = kept(entry)
    assert written == rendered
    assert json.loads(written)["data"] == data


def test_it_holds_every_field_as_it_is_stored(db: None) -> None:
    subject = uuid.uuid4()
    entry = record(
        action=Action.READ, actor=HOUSE, subject=subject, case="C-1", change=5, sealed=b"\xff" * 90
    )
    told, stored = json.loads(kept(entry)[0]), Entry.objects.get(pk=entry.pk)
    # The class follows from the action.
    assert {*told, "retention"} == {field.attname for field in Entry._meta.concrete_fields}
    assert told["at"] == f"{stored.at:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert (told["id"], told["subject"], told["sealed"]) == (entry.pk, str(subject), "/" * 120)


def test_an_insert_that_brings_no_bytes_gets_them(db: None) -> None:
    entry = Entry.objects.create(action=Action.READ, data={"b": [1, {"z": None, "a": "é"}], "a": 2})
    written, rendered = kept(entry)
    assert written == rendered
    assert '"data":{"a":2,"b":[1,{"a":"é","z":null}]}' in written


def test_numbers_and_keys_stand_as_the_rfc_has_them() -> None:
    assert canonical({"b": [1, True, None], "a": '€"\\\n\x0f'}) == (
        '{"a":"€\\"\\\\\\n\\u000f","b":[1,true,null]}'
    )


@pytest.mark.parametrize("data", [{"a": 1.5}, {"a": 2**53}, {"é": 1}, {"a": [b"x"]}, {"a": {1: 2}}])
def test_what_has_no_one_way_of_being_written_is_refused(db: None, data: dict[str, Any]) -> None:
    with pytest.raises(NotCanonical):
        record(action=Action.READ, actor=HOUSE, data=data)


@pytest.mark.parametrize("data", [{"a": 1.5}, {"a": [2**53]}])
def test_the_database_refuses_fractions_and_huge_numbers(db: None, data: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match="whole numbers"), transaction.atomic():
        Entry.objects.create(action=Action.READ, data=data)
