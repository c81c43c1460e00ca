"""Who asks for changes in the fault suite: two of each choice, the second a withdrawal."""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.changes.documents import ProfileWish
from consentadmin.changes.kinds import Cause
from consentadmin.changes.models import Change
from consentadmin.changes.rules import Wish, milliseconds
from consentadmin.changes.services import AlreadyPending, Why, request_change, request_profile
from consentadmin.changes.states import Lane
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.errors import NotFound
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.selectors import AccountSelector
from consentadmin.mediarithmics.shapes import Choice
from consentadmin.sandbox.people import Person
from consentadmin.subjects.models import Handle
from tests import factories

PROCESSINGS = ("3401", "3402", "3403", "3404", "3413")  # all rest on consent
Place = tuple[Handle, str]
WHY = Why(Cause.PERSON_ASKED)


def account_of(handle: Handle) -> AccountSelector:
    """Return the account by which the person was found."""
    assert isinstance(handle.selector, AccountSelector), "everybody here has one"
    return handle.selector


@dataclass
class Asker:
    """Asks by the service that the screens use; what it returned from is acknowledged.

    No two wishes have the same `$choice_ts`: it is what a write is known by in the history.
    """

    by: Staff
    datamart: Datamart  # at the sandbox's own address: no harm meets who asks
    crowd: Iterator[Person]
    acknowledged: list[int] = field(default_factory=list)
    lane: Lane = Lane.INTERACTIVE
    _number: int = 0

    def places(self, number: int, processings: int = len(PROCESSINGS)) -> list[Place]:
        """Return so many choices of different people, as staff have them open."""
        found: list[Place] = []
        while len(found) < number:
            handle = factories.handle(next(self.crowd), self.by, self.datamart)
            found += [(handle, processing) for processing in PROCESSINGS[:processings]]
        return found[:number]

    def ask(self, place: Place, *, accepted: bool, **customs: object) -> Change:
        """Ask for one change. Raises AlreadyPending, and what the database raises."""
        handle, processing = place
        self._number += 1
        at = timezone.now() - timedelta(hours=2) + timedelta(milliseconds=self._number)
        seen = self.seen(place) if accepted else ""
        change = factories.change(
            handle, processing, accepted=accepted, at=at, seen=seen, customs=customs
        )
        if self.lane != Lane.INTERACTIVE:
            Change.objects.filter(pk=change.pk).update(lane=self.lane)
        self.acknowledged.append(change.pk)
        return change

    def ask_by_event(self, place: Place) -> Change:
        """Ask for one grant that travels as an event of an activity."""
        handle, processing = place
        change = request_change(
            handle=handle,
            processing=processing,
            wish=Wish(accepted=True, choice_ts=milliseconds(timezone.now()) - 1, customs={}),
            seen=self.seen(place),
            why=WHY,
            by=handle.staff,
            role=Role.AGENT.value,
            by_event=account_of(handle),
        )
        self.acknowledged.append(change.pk)
        return change

    def write_profile(self, handle: Handle, **fields: str) -> Change:
        """Ask for fields of the person's profile to be updated."""
        return self._ask_profile(handle, fields, ProfileStrategy.PARTIAL_UPDATE)

    def delete_profile(self, handle: Handle) -> Change:
        """Ask for the person's profile to be deleted."""
        return self._ask_profile(handle, None, None)

    def _ask_profile(
        self, handle: Handle, body: dict[str, str] | None, strategy: ProfileStrategy | None
    ) -> Change:
        account, was = account_of(handle), self.profile(handle)
        wish = ProfileWish(account.compartment, account.account, was, body, strategy)
        change = request_profile(
            handle=handle, wish=wish, why=WHY, by=handle.staff, role=Role.AGENT.value
        )
        self.acknowledged.append(change.pk)
        return change

    def edit_elsewhere(self, handle: Handle, **fields: str) -> None:
        """Update fields of the person's profile past us, as another tool would."""
        account = account_of(handle)
        client_for(self.datamart).put_profile(
            self.datamart.platform_id,
            handle.subject.address(handle.selector),
            account.compartment,
            account.account,
            fields,
            strategy=ProfileStrategy.PARTIAL_UPDATE,
        )

    def profile(self, handle: Handle) -> dict[str, Any] | None:
        """Return the custom fields of a person's profile as they stand."""
        client, account = client_for(self.datamart), account_of(handle)
        address = handle.subject.address(handle.selector)
        try:
            found = client.profile(
                self.datamart.platform_id, address, account.compartment, account.account
            )
        except NotFound:
            return None
        return dict(found.customs)

    def withdraw(self, places: list[Place]) -> list[Change]:
        """Ask for one withdrawal of each."""
        return [self.ask(place, accepted=False) for place in places]

    def ask_at_random(self, places: list[Place], number: int, dice: random.Random) -> None:
        """Ask for so many changes of these, whatever else is under way; some are refused."""
        for _ in range(number):
            with suppress(AlreadyPending):
                self.ask(dice.choice(places), accepted=dice.random() < 0.4)

    def seen(self, place: Place) -> str:
        """Return the digest of a choice as it stands, as a screen would have it."""
        choice = self._read(place)
        return choice.digest() if choice else ""

    def stands(self, place: Place) -> int | None:
        """Return the `$choice_ts` of a choice as it stands (ms, UTC)."""
        choice = self._read(place)
        return choice.choice_ts if choice else None

    def _read(self, place: Place) -> Choice | None:
        client, (handle, processing) = client_for(self.datamart), place
        address = handle.subject.address(handle.selector)
        try:
            return client.choice(self.datamart.platform_id, address, processing)
        except NotFound:
            return None
