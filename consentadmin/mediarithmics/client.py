"""The platform's API, one method an endpoint (PLATFORM.md). It leaks no HTTP: values or our errors.

- Reads are asked again by the retry policy, within the deadline; writes are sent once, ever.
- `deadline` is in seconds, for the whole call with its retries and pages; None: `Timeouts.total`.
- Ids are strings. Times are milliseconds since the epoch, UTC.
- Activities and timelines are in `activity_calls`, document imports in `import_calls`; here are
  the referentials, and a person's identifiers, choices, profiles, segments and scenarios.
- A client may be shared by threads and lives long; after a fork it goes on with new connections.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from consentadmin.mediarithmics.activity_calls import ActivityCalls
from consentadmin.mediarithmics.asking import bare
from consentadmin.mediarithmics.bodies import choice_body, json_body
from consentadmin.mediarithmics.errors import Garbled, NotFound
from consentadmin.mediarithmics.fields import Json, Object, read_object
from consentadmin.mediarithmics.identifiers import Identifiers, read_identifiers
from consentadmin.mediarithmics.import_calls import ImportCalls
from consentadmin.mediarithmics.paths import (
    account_profile_path,
    choice_path,
    one,
    person,
    point,
    profile_path,
    query,
    under,
)
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.retry import RetryPolicy
from consentadmin.mediarithmics.selectors import Selector
from consentadmin.mediarithmics.shapes import (
    Channel,
    Choice,
    Compartment,
    Datamart,
    Organisation,
    Processing,
    Profile,
    read_channel,
    read_choice,
    read_compartment,
    read_datamart,
    read_organisation,
    read_processing,
    read_profile,
)
from consentadmin.mediarithmics.transport import Outgoing, Timeouts

__all__ = ["Client", "RetryPolicy", "Timeouts"]


class Client(ActivityCalls, ImportCalls):
    """The platform as one API token sees it, at one base URL (with or without its ``/v1``)."""

    # Referentials (PLATFORM.md §8)

    @bare
    def datamart(self, datamart: str, *, deadline: float | None = None) -> Datamart:
        return read_datamart(self._one(one("datamarts", datamart), deadline))

    @bare
    def datamarts(
        self, organisation: str, *, deadline: float | None = None
    ) -> tuple[Datamart, ...]:
        path = query("datamarts", organisation_id=organisation)
        return tuple(read_datamart(found) for found in self._all(path, deadline))

    @bare
    def organisation(self, organisation: str, *, deadline: float | None = None) -> Organisation:
        return read_organisation(self._one(one("organisations", organisation), deadline))

    @bare
    def processings(
        self, community: str, *, keywords: str = "", deadline: float | None = None
    ) -> tuple[Processing, ...]:
        """Return all processings of a community, archived ones too, every page of them.

        `keywords` narrows them down; to what is nobody's promise (C).
        """
        searched = {"keywords": keywords} if keywords else {}
        path = query("processings", community_id=community, **searched)
        return tuple(read_processing(found) for found in self._all(path, deadline))

    @bare
    def compartments(
        self, datamart: str, *, deadline: float | None = None
    ) -> tuple[Compartment, ...]:
        path = under(one("datamarts", datamart), "compartments")
        return tuple(read_compartment(found) for found in self._all(path, deadline))

    @bare
    def channels(self, organisation: str, *, deadline: float | None = None) -> tuple[Channel, ...]:
        path = query("channels", organisation_id=organisation)
        return tuple(read_channel(found) for found in self._all(path, deadline))

    # One person (PLATFORM.md §3 to §5). NotFound: unknown person, or no such document.

    @bare
    def identifiers(
        self, datamart: str, selector: Selector, *, deadline: float | None = None
    ) -> Identifiers:
        path = person(datamart, selector, "user_identifiers")
        return read_identifiers(self._all(path, deadline))

    @bare
    def choices(
        self, datamart: str, selector: Selector, *, deadline: float | None = None
    ) -> tuple[Choice, ...]:
        path = person(datamart, selector, "user_choices")
        return tuple(read_choice(found) for found in self._all(path, deadline))

    @bare
    def choice(
        self, datamart: str, selector: Selector, processing: str, *, deadline: float | None = None
    ) -> Choice:
        """Return the current choice. The platform may answer one or a list of them."""
        data = self._one(choice_path(datamart, selector, processing), deadline)
        if not isinstance(data, list):
            return read_choice(data, processing=processing)
        found = [read_choice(each, processing=processing) for each in data]
        if not found:
            raise NotFound(status=200)
        return max(found, key=_age)

    @bare
    def choice_log(
        self, datamart: str, selector: Selector, processing: str, *, deadline: float | None = None
    ) -> tuple[Choice, ...]:
        """Return every record of a choice, the newest first by `choice_ts`, then `creation_ts`."""
        path = under(choice_path(datamart, selector, processing), "change_log")
        records = [read_choice(each, processing=processing) for each in self._all(path, deadline)]
        return tuple(sorted(records, key=_age, reverse=True))

    @bare
    def profiles(
        self, datamart: str, selector: Selector, *, deadline: float | None = None
    ) -> tuple[Profile, ...]:
        path = person(datamart, selector, "user_profiles")
        return tuple(read_profile(found) for found in self._all(path, deadline))

    @bare
    def profile(
        self,
        datamart: str,
        selector: Selector,
        compartment: str,
        account: str | None = None,
        *,
        deadline: float | None = None,
    ) -> Profile:
        """Return a profile: of the account, or of the compartment where no account is named."""
        data = self._one(profile_path(datamart, selector, compartment, account), deadline)
        if not isinstance(data, list):
            return read_profile(data)
        if not data:
            raise NotFound(status=200)
        if len(data) > 1:
            raise Garbled("several profiles for one")
        return read_profile(data[0])

    @bare
    def segments(
        self, datamart: str, selector: Selector, *, deadline: float | None = None
    ) -> tuple[Object, ...]:
        """Return the segments a person is in, as they are told: what is in one is nowhere written.

        ``user_segments`` is documented as a type of document alone (D, §2).
        """
        return self._documents(datamart, selector, "user_segments", deadline)

    @bare
    def scenarios(
        self, datamart: str, selector: Selector, *, deadline: float | None = None
    ) -> tuple[Object, ...]:
        """Return the scenarios a person is in, as `segments` does (D, §2)."""
        return self._documents(datamart, selector, "user_scenarios", deadline)

    def _documents(
        self, datamart: str, selector: Selector, kind: str, deadline: float | None
    ) -> tuple[Object, ...]:
        found = self._all(person(datamart, selector, kind), deadline)
        return tuple(MappingProxyType(read_object(each)) for each in found)

    # Writes. A return means "2xx", nothing more: read back before saying that it is done.

    @bare
    def put_choice(
        self,
        datamart: str,
        selector: Selector,
        processing: str,
        *,
        accepted: bool,
        choice_ts: int,
        customs: Mapping[str, Json],
        deadline: float | None = None,
    ) -> None:
        """Send a choice, once. `customs` are the whole of the custom fields, not an addition."""
        body = choice_body(accepted=accepted, choice_ts=choice_ts, customs=customs)
        path = choice_path(datamart, selector, processing)
        self._write(Outgoing("PUT", path, body), deadline)

    @bare
    def delete_choice(
        self, datamart: str, selector: Selector, processing: str, *, deadline: float | None = None
    ) -> None:
        """Ask, once, that a choice be deleted."""
        self._write(Outgoing("DELETE", choice_path(datamart, selector, processing)), deadline)

    @bare
    def put_profile(
        self,
        datamart: str,
        selector: Selector,
        compartment: str,
        account: str,
        body: Mapping[str, Json],
        *,
        strategy: ProfileStrategy,
        deadline: float | None = None,
    ) -> None:
        """Send a profile, once. `selector` picks the person, the pair the profile, perhaps new.

        Raises InvalidBody (a ValueError with a safe sentence) for what can't be sent as JSON.
        """
        path = account_profile_path(datamart, selector, compartment, account)
        outgoing = Outgoing("PUT", f"{path}?{strategy.query}", json_body(body))
        self._write(outgoing, deadline)

    @bare
    def delete_profile(
        self,
        datamart: str,
        selector: Selector,
        compartment: str,
        account: str,
        *,
        deadline: float | None = None,
    ) -> None:
        """Ask, once, that the profile of an account be deleted."""
        path = account_profile_path(datamart, selector, compartment, account)
        self._write(Outgoing("DELETE", path), deadline)

    @bare
    def delete_point(
        self, datamart: str, selector: Selector, *, deadline: float | None = None
    ) -> None:
        """Ask, once, that a person be deleted: the user point and all its documents."""
        self._write(Outgoing("DELETE", point(datamart, selector)), deadline)


def _age(choice: Choice) -> tuple[int, int]:
    return choice.choice_ts, choice.creation_ts or 0
