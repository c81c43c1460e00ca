"""The Dockerfile as data: its stages, and their instructions in order."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = ROOT / "Dockerfile"


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name, its options (--x=y), and the rest as it stands."""

    name: str
    options: dict[str, str]
    rest: str

    @property
    def words(self) -> list[str]:
        """The words of its exec form, a JSON list. Raises ValueError for the shell form."""
        words = json.loads(self.rest)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(f"{self.name} is not in exec form: {self.rest}")
        return words


@dataclass
class Stage:
    """What stands between one FROM and the next."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, name: str) -> list[Instruction]:
        return [found for found in self.instructions if found.name == name]


def lines() -> Iterator[str]:
    """Give the logical lines: without comments, continued lines joined."""
    held = ""
    for line in FILE.read_text().splitlines():
        if line.lstrip().startswith("#") or not (held + line).strip():
            continue
        held += line
        if held.endswith("\\"):
            held = held[:-1]
            continue
        yield held.strip()
        held = ""
    assert not held, "the last line continues nowhere"


def stages() -> list[Stage]:
    """Return the stages in order."""
    found: list[Stage] = []
    for line in lines():
        name, _, rest = line.partition(" ")
        if name == "FROM":
            base, _, alias = rest.partition(" AS ")
            found.append(Stage(base.strip(), alias.strip()))
            continue
        options: dict[str, str] = {}
        while rest.startswith("--"):
            option, _, rest = rest.partition(" ")
            key, _, value = option[2:].partition("=")
            options[key] = value
        found[-1].instructions.append(Instruction(name, options, rest.strip()))
    return found


def copied() -> list[str]:
    """Return what is copied from the repository, not from another stage."""
    found = []
    for stage in stages():
        for copy in stage.all("COPY"):
            if "from" not in copy.options:
                found += shlex.split(copy.rest)[:-1]
    return found


def runs(program: str) -> list[str]:
    """Return the RUN that has this word in it."""
    (found,) = [run.words for stage in stages() for run in stage.all("RUN") if program in run.words]
    return found
