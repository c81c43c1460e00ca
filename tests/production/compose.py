"""docker-compose.yml as data, read as Docker would: variables put in, anchors resolved."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


class NotSet(Exception):
    """A variable that the file asks for has no value."""


@dataclass(frozen=True)
class Service:
    """One service: its command and its environment, as the file gives them."""

    name: str
    command: list[str]
    environment: dict[str, str]
    told: Mapping[str, Any] = field(repr=False)


def put_in(text: str, variables: Mapping[str, str]) -> str:
    """Put variables into a text, by the rules of Docker: ${X}, ${X:-default}, ${X:?complaint}."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if given := variables.get(name):
            return given
        if kind == "?":
            raise NotSet(f"{name}: {rest}")
        return rest or ""

    return VARIABLE.sub(value, text)


def read(**variables: str) -> dict[str, Any]:
    """Return the whole file."""
    told = yaml.safe_load(put_in(FILE.read_text(), variables))
    assert isinstance(told, dict), "the file is a mapping"
    return told


def services(**variables: str) -> dict[str, Service]:
    """Return the services by name."""
    return {
        name: Service(
            name,
            list(told.get("command", [])),
            {key: str(value) for key, value in (told.get("environment") or {}).items()},
            told,
        )
        for name, told in read(**variables)["services"].items()
    }


@dataclass(frozen=True)
class Places:
    """Where on this machine stands what the file names: addresses and folders."""

    instead_of: dict[str, str]

    def put(self, text: str) -> str:
        """Return a text with the places of this machine."""
        any_of = "|".join(re.escape(theirs) for theirs in self.instead_of)
        return re.sub(any_of, lambda found: self.instead_of[found.group()], text)

    def command(self, service: Service) -> list[str]:
        """Return a service's own command, its addresses and folders apart word for word."""
        return [self.put(word) for word in service.command]

    def environment(self, service: Service, path: Path) -> dict[str, str]:
        """Return a service's environment, and no more of ours than a locale and a path."""
        told = {name: self.put(value) for name, value in service.environment.items()}
        return {"PATH": f"{path}:{os.defpath}", "LC_ALL": "C.UTF-8"} | told
