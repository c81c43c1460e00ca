"""What an entry adds to the step of a real change, in one transaction."""

from collections.abc import Iterator

from django.db import connections, transaction

from bench.measuring import Verdict, describe, in_turn, ratio
from consentadmin.accounts.models import Staff
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action
from consentadmin.audit.writing import Act
from consentadmin.changes.kinds import Cause, Kind
from consentadmin.changes.models import Change
from consentadmin.changes.moves import MOVE, assignments
from consentadmin.changes.states import State
from consentadmin.datamarts.models import Datamart
from consentadmin.subjects.models import Subject


def measure(rounds: int) -> Iterator[Verdict]:
    """Compare a step of a change, as its worker takes it, with the UPDATE that it consists of."""
    change = _change()
    columns, values = assignments({"state": State.SENDING, "lease_until": DatabaseNow()})
    states = [State.QUEUED.value, State.SENDING.value]
    act = Act(MOVE.format(columns=columns), [*values, change.pk, change.fence, states])

    def audited() -> None:
        with transaction.atomic():
            record(
                action=Action.CHANGE_SENDING,
                actor=HOUSE,
                datamart=change.datamart.platform_id,
                subject=change.subject_id,
                reason=change.reason,
                change=change.pk,
                data={"attempt": 1, "processing": "1234", "value": True},
                act=act,
            )

    def plain() -> None:
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute(act.sql, act.params)

    with_entry, alone = in_turn(audited, plain, rounds=rounds * 20)
    describe("a change with its entry", with_entry)
    describe("the same change alone", alone)
    yield Verdict("an audited change over an unaudited one", ratio(with_entry, alone), 1.2, "x")
    connections.close_all()


def _change() -> Change:
    datamart = Datamart.objects.create(platform_id="1459", name="Bench", token_sealed=b"")
    return Change.objects.create(
        datamart=datamart,
        subject=Subject.objects.create(datamart=datamart),
        kind=Kind.CHOICE_PUT,
        document="choice 1234",
        processing="1234",
        accepted=True,
        choice_ts=1764075396123,
        payload_sealed=b"",
        asked_by=Staff.objects.create(email="anna@example.com", name="Anna"),
        asker_role="officer",
        cause=Cause.PERSON_ASKED,
        reason="call",
    )
