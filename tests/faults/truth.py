"""What the platform really has, and whether what we say agrees: FAULTS' invariants I1 to I5.

The sandbox's history of writes (`/admin/history`) is the only truth. *Lost*: an acknowledged change
that is gone, never came to an end, or is called confirmed and was never applied (I1). *Doubled*:
one that took effect twice, or was sent with two bodies (I4). *Wrong*: an older change on top of a
newer one (I2), versions that go backwards (I3), an end without exactly one entry that tells it
(I5), a write nobody asked for, or one that was applied and is told as if it was not.
"""

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import requests

from consentadmin.audit.models import Entry
from consentadmin.changes.models import Change
from consentadmin.changes.states import ACTIONS, SETTLED, State
from tests.fixtures.sandbox import RunningSandbox

CHOICE = "user_choices/processing_id="
ENDS = {ACTIONS[state].value: state for state in SETTLED}
UNAPPLIED = frozenset({State.CONFLICT, State.DECLINED, State.CANCELLED, State.SUPERSEDED})


class Version(NamedTuple):
    """One choice as one change wishes it: whose, of what, and when the person chose (ms, UTC)."""

    point: str
    processing: str
    choice_ts: int


class Write(NamedTuple):
    """A write that the sandbox took; `took_effect` is false for a repeat."""

    version: Version
    body: str
    took_effect: bool


@dataclass
class Verdict:
    """What was found, as sentences; nothing, if all is as it should be."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether every invariant holds."""
        return not (self.lost or self.doubled or self.wrong)

    def __str__(self) -> str:
        found = {"lost": self.lost, "doubled": self.doubled, "wrong": self.wrong}
        return "; ".join(f"{name}: {said}" for name, said in found.items() if said) or "clean"


class History:
    """The sandbox's history of writes, from the moment it is made."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._sandbox, self._after = sandbox, 0
        self._after = max((row["number"] for row in self._rows()), default=0)

    def writes(self) -> list[Write]:
        """Return the choices written since, the oldest first."""
        return [_write(row) for row in self._rows() if _is_of_a_choice(row)]

    def _rows(self) -> list[dict[str, Any]]:
        url = f"{self._sandbox.base_url}/admin/history?after={self._after}"
        answer = requests.get(url, headers={"Authorization": self._sandbox.token}, timeout=30)
        answer.raise_for_status()
        return list(answer.json()["data"])


def _is_of_a_choice(row: dict[str, Any]) -> bool:
    document: str = row["document"]
    return row["method"] == "PUT" and document.startswith(CHOICE)


def _write(row: dict[str, Any]) -> Write:
    processing = row["document"].removeprefix(CHOICE)
    choice_ts = json.loads(row["body"])["$choice_ts"]
    return Write(Version(row["user_point_id"], processing, choice_ts), row["body"], row["stored"])


def judge(acknowledged: Collection[int], writes: list[Write]) -> Verdict:
    """Hold what we say of the acknowledged changes against what the platform took.

    What the platform took is known of choices alone; of other changes the ends are judged.
    """
    changes = Change.objects.select_related("subject__datamart", "subject__datakey")
    found = {change.pk: change for change in changes.filter(pk__in=acknowledged)}
    verdict = Verdict([f"change {pk} is gone" for pk in acknowledged if pk not in found])
    of_choices = (change for change in found.values() if change.choice_ts is not None)
    versions = {version_of(change): change for change in of_choices}
    _judge_ends(found.values(), verdict)
    _judge_truth(versions, writes, verdict)
    _judge_effects(versions, writes, verdict)
    _judge_order(versions, writes, verdict)
    return verdict


def version_of(change: Change) -> Version:
    """Return the version a change wishes for."""
    assert change.choice_ts is not None, "a change of a choice"
    return Version(change.target.point or "", change.processing, change.choice_ts)


def _judge_ends(changes: Collection[Change], verdict: Verdict) -> None:
    """I1 and I5: an end for each, and exactly one entry that tells it."""
    told = defaultdict[int, list[str]](list)
    entries = Entry.objects.filter(change__in=[change.pk for change in changes])
    for pk, action in entries.values_list("change", "action"):
        if pk is not None and action in ENDS:
            told[pk].append(action)
    for change in changes:
        state = State(change.state)
        if state not in SETTLED | {State.STUCK}:
            verdict.lost.append(f"{change} never came to an end")
        ends = [ACTIONS[state].value] if state in SETTLED else []
        if told[change.pk] != ends:
            verdict.wrong.append(f"{change} has the ends {told[change.pk]}")


def _judge_truth(versions: dict[Version, Change], writes: list[Write], verdict: Verdict) -> None:
    """I1 and I5: what is called confirmed was applied, and what was applied is not denied."""
    applied = {write.version for write in writes}
    for version, change in versions.items():
        if change.state == State.CONFIRMED and version not in applied:
            verdict.lost.append(f"{change} was never applied")
        elif change.state in UNAPPLIED and version in applied and not change.may_have_landed:
            verdict.wrong.append(f"{change} was applied all the same")


def _judge_effects(versions: dict[Version, Change], writes: list[Write], verdict: Verdict) -> None:
    """I4: repeats only of the very same, effect once, and nothing that nobody asked for."""
    effects, bodies = defaultdict[Version, int](int), defaultdict[Version, set[str]](set)
    for write in writes:
        effects[write.version] += write.took_effect
        bodies[write.version].add(write.body)
    for version in bodies:
        if version not in versions:
            verdict.wrong.append(f"{version} was written and not asked for")
        elif effects[version] > 1:
            verdict.doubled.append(f"{versions[version]} took effect {effects[version]} times")
        elif len(bodies[version]) > 1:
            verdict.doubled.append(f"{versions[version]} was sent with two bodies")


def _judge_order(versions: dict[Version, Change], writes: list[Write], verdict: Verdict) -> None:
    """I2 and I3: of each document the last write is the newest, and none goes backwards."""
    last: dict[tuple[str, str], int] = {}
    for (point, processing, choice_ts), _, took_effect in writes:
        before = last.get((point, processing), 0)
        if took_effect and choice_ts < before:
            verdict.wrong.append(f"{(point, processing)} goes back from {before} to {choice_ts}")
        last[point, processing] = choice_ts if took_effect else max(before, choice_ts)
    newest: dict[tuple[str, str], Version] = {}
    for version, change in versions.items():
        if change.state == State.CONFIRMED or change.is_withdrawal:
            place = (version.point, version.processing)
            newest[place] = max(newest.get(place, version), version)
    for place, version in newest.items():
        if last.get(place) != version.choice_ts:
            verdict.wrong.append(f"{versions[version]} is the newest and not what is there")
