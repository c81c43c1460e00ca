"""What the drain's bench asks of the application: `python -m bench.queueing FILE ask|count …`.

ask LANE NUMBER     ask for so many changes, due in 2100, and write whose they are to FILE
count NUMBER        carry out so many and write how many statements each cost, and a profile
"""

import cProfile
import json
import os
import pstats
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consentadmin.settings")
django.setup()

from django.db import connection  # noqa: E402  (Django must be set up first)
from django.utils import timezone  # noqa: E402

from consentadmin.accounts.models import Staff  # noqa: E402
from consentadmin.changes.draining import drain  # noqa: E402
from consentadmin.changes.kinds import Cause  # noqa: E402
from consentadmin.changes.models import Change  # noqa: E402
from consentadmin.changes.rules import Wish, milliseconds  # noqa: E402
from consentadmin.changes.services import Why, request_change  # noqa: E402
from consentadmin.changes.states import Lane  # noqa: E402
from consentadmin.datamarts.connect import client_for  # noqa: E402
from consentadmin.datamarts.models import Datamart  # noqa: E402
from consentadmin.mediarithmics.profiles import ProfileStrategy  # noqa: E402
from consentadmin.mediarithmics.selectors import AccountSelector  # noqa: E402
from consentadmin.subjects.models import Handle, Reason  # noqa: E402
from consentadmin.subjects.services import Purpose  # noqa: E402
from consentadmin.userpoints.services import look_up  # noqa: E402

PROCESSINGS = ("3401", "3402", "3403", "3404", "3405", "3406", "3407", "3413")
COMPARTMENT, LONG_AGO = "1606", 1_600_000_000_000


def ask(lane: str, number: str) -> list[tuple[str, str, int]]:
    """Ask for withdrawals of people made for it, each of another choice."""
    officer = Staff.objects.get(email="officer@example.com")
    asked = []
    for count, (handle, processing, seen) in enumerate(islice(_places(officer), int(number))):
        ts = milliseconds(timezone.now() - timedelta(hours=2)) + count
        change = request_change(
            handle=handle,
            processing=processing,
            wish=Wish(accepted=False, choice_ts=ts, customs={"form": "bench"}),
            seen=seen,
            why=Why(Cause.PERSON_ASKED),
            by=officer,
            role="officer",
        )
        asked.append((change.subject.point or "", processing, ts))
        Change.objects.filter(pk=change.pk).update(lane=lane, due_at="2100-01-01T00:00Z")
    return asked


def _places(officer: Staff) -> Iterator[tuple[Handle, str, str]]:
    datamart = Datamart.objects.get(platform_id="1459")
    client, purpose, number = client_for(datamart), Purpose(Reason.CHECK), 0
    while True:
        number += 1
        selector = AccountSelector(COMPARTMENT, f"bench-{number}")
        client.put_profile(
            datamart.platform_id, selector, COMPARTMENT, f"bench-{number}", {"n": number},
            strategy=ProfileStrategy.PARTIAL_UPDATE,
        )  # fmt: skip
        found = look_up(
            datamart=datamart, selector=selector, purpose=purpose, by=officer,
            actor=officer.actor(),
        )  # fmt: skip
        handle = Handle.objects.select_related("subject__datamart").get(pk=found.pk)
        for processing in PROCESSINGS:
            client.put_choice(
                datamart.platform_id, selector, processing, accepted=True, choice_ts=LONG_AGO,
                customs={},
            )  # fmt: skip
            choice = client.choice(datamart.platform_id, selector, processing)
            yield handle, processing, choice.digest()


def count(number: str) -> dict[str, Any]:
    """Carry changes out in this process; return its statements for each change, and a profile."""
    ask("interactive", number)
    Change.objects.filter(settled_at=None).update(due_at="2020-01-01T00:00Z")
    statements, profile = Counter[str](), cProfile.Profile()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: ANN401, FBT001
        statements[sql.split(" WHERE ", maxsplit=1)[0][:90]] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        profile.enable()
        done = drain(lane=Lane.INTERACTIVE, seconds=600)
        profile.disable()
    said = StringIO()
    pstats.Stats(profile, stream=said).sort_stats("cumulative").print_stats(60)
    pstats.Stats(profile, stream=said).sort_stats("tottime").print_stats(25)
    each = {sql: round(times / int(number), 2) for sql, times in statements.most_common()}
    return {"done": done, "statements": sum(each.values()), "each": each, "said": said.getvalue()}


def main() -> None:
    """Do what is asked, and write what came of it."""
    file, verb, *words = sys.argv[1:]
    verbs: dict[str, Callable[..., Any]] = {"ask": ask, "count": count}
    Path(file).write_text(json.dumps(verbs[verb](*words)))


if __name__ == "__main__":
    main()
