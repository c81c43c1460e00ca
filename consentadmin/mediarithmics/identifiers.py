"""A person's identifiers as the platform lists them (PLATFORM.md §3): a mixed list, in any order.

No value is in a repr. Each keeps its `raw` object; an unknown type is kept as `Unknown`, and so is
a known one without the id that makes it one: shown raw, never dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from consentadmin.mediarithmics.fields import (
    Json,
    Object,
    read_id_or_none,
    read_mapping,
    read_object,
    read_text,
    read_ts_or_none,
)
from consentadmin.mediarithmics.selectors import (
    AccountSelector,
    AgentSelector,
    EmailHashSelector,
    PointSelector,
)


@dataclass(frozen=True, slots=True)
class Point:
    """The user point: the person."""

    point: str = field(repr=False)
    creation_ts: int | None
    raw: Object = field(repr=False)

    def selector(self) -> PointSelector:
        return PointSelector(self.point)


@dataclass(frozen=True, slots=True)
class Account:
    """An account. `compartment` None: the datamart's default compartment."""

    account: str = field(repr=False)
    compartment: str | None
    creation_ts: int | None
    raw: Object = field(repr=False)

    def selector(self) -> AccountSelector | None:
        if self.compartment is None:
            return None
        return AccountSelector(self.compartment, self.account)


@dataclass(frozen=True, slots=True)
class Email:
    """A hashed address. `email` is the clear one, where the platform was given it."""

    hash: str = field(repr=False)
    email: str | None = field(repr=False)
    creation_ts: int | None
    last_activity_ts: int | None
    raw: Object = field(repr=False)

    def selector(self) -> EmailHashSelector:
        return EmailHashSelector(self.hash)


@dataclass(frozen=True, slots=True)
class Agent:
    """A user agent: a browser or an app. `device` as the platform describes it."""

    agent: str = field(repr=False)
    device: Object = field(repr=False)
    creation_ts: int | None
    last_activity_ts: int | None
    raw: Object = field(repr=False)

    def selector(self) -> AgentSelector:
        return AgentSelector(self.agent)


@dataclass(frozen=True, slots=True)
class DevicePoint:
    """A device. `agents` are the user agent ids among its technical identifiers."""

    id: str = field(repr=False)
    device: Object = field(repr=False)
    agents: tuple[str, ...] = field(repr=False)
    creation_ts: int | None
    last_activity_ts: int | None
    raw: Object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """An identifier of a type that we don't know, or without its id."""

    type: str
    raw: Object = field(repr=False)


Identifier: TypeAlias = Point | Account | Email | Agent | DevicePoint | Unknown
_Kind = TypeVar("_Kind", Point, Account, Email, Agent, DevicePoint, Unknown)


@dataclass(frozen=True, slots=True)
class Identifiers:
    """All identifiers of one person, in the platform's order."""

    all: tuple[Identifier, ...] = field(repr=False)

    @property
    def point(self) -> str | None:
        """The user point id; None for a device seen without a person."""
        return next((found.point for found in self.points), None)

    @property
    def points(self) -> tuple[Point, ...]:
        return self._only(Point)

    @property
    def accounts(self) -> tuple[Account, ...]:
        return self._only(Account)

    @property
    def emails(self) -> tuple[Email, ...]:
        return self._only(Email)

    @property
    def agents(self) -> tuple[Agent, ...]:
        return self._only(Agent)

    @property
    def device_points(self) -> tuple[DevicePoint, ...]:
        return self._only(DevicePoint)

    @property
    def unknown(self) -> tuple[Unknown, ...]:
        return self._only(Unknown)

    def __iter__(self) -> Iterator[Identifier]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def _only(self, kind: type[_Kind]) -> tuple[_Kind, ...]:
        return tuple(found for found in self.all if isinstance(found, kind))


def read_identifiers(values: list[Json]) -> Identifiers:
    return Identifiers(tuple(read_identifier(value) for value in values))


def read_identifier(value: Json) -> Identifier:
    source = read_object(value)
    kind, raw = read_text(source, "type"), MappingProxyType(source)
    created, seen = _times(source)
    match kind:
        case "USER_POINT" if point := read_id_or_none(source, "user_point_id"):
            return Point(point, created, raw)
        case "USER_ACCOUNT" if account := read_id_or_none(source, "user_account_id"):
            return Account(account, read_id_or_none(source, "compartment_id"), created, raw)
        case "USER_EMAIL" if hashed := read_id_or_none(source, "hash"):
            return Email(hashed, read_text(source, "email") or None, created, seen, raw)
        case "USER_AGENT" if agent := _agent_id(source):
            return Agent(agent, read_mapping(source, "device"), created, seen, raw)
        case "USER_DEVICE_POINT" if device := read_id_or_none(source, "id"):
            about = read_mapping(source, "device")
            return DevicePoint(device, about, _agents_of(source), created, seen, raw)
    return Unknown(kind, raw)


def _times(source: Object) -> tuple[int | None, int | None]:
    return read_ts_or_none(source, "creation_ts"), read_ts_or_none(source, "last_activity_ts")


def _agent_id(source: Object) -> str | None:
    return read_id_or_none(source, "vector_id") or read_id_or_none(source, "user_agent_id")


def _agents_of(source: Object) -> tuple[str, ...]:
    technical = source.get("technical_identifiers")
    listed = technical if isinstance(technical, list) else []
    found = (
        read_id_or_none(element, "user_agent_id") for element in listed if isinstance(element, dict)
    )
    return tuple(agent for agent in found if agent)
