"""The Dockerfile, linted: small, of two stages, no root, no secret, nothing through a shell."""

import re

import pytest

from tests.production import compose, dockerfile
from tests.production.dockerfile import ROOT, Instruction, stages

BUILD, RUN = stages()
EACH = [found for stage in stages() for found in stage.instructions]


def ids(found: Instruction) -> str:
    return f"{found.name} {found.rest[:30]}"


def test_it_is_built_in_one_stage_and_run_in_another() -> None:
    assert (BUILD.name, RUN.name) == ("build", "run")
    assert BUILD.base == RUN.base == "python:3.13-slim"


@pytest.mark.parametrize(
    "found", [f for f in EACH if f.name in {"RUN", "CMD", "ENTRYPOINT"}], ids=ids
)
def test_a_command_goes_through_no_shell(found: Instruction) -> None:
    assert found.words


@pytest.mark.parametrize("source", dockerfile.copied())
def test_what_is_copied_exists_and_is_not_ignored(source: str) -> None:
    assert (ROOT / source).exists()
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert f"!{source}" in rules
    assert "*" in rules


def test_everything_that_is_sent_to_the_build_is_used() -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(dockerfile.copied())


def test_packages_are_installed_by_their_hashes() -> None:
    assert {"install", "--require-hashes", "requirements.lock"} <= set(dockerfile.runs("pip"))


def test_it_does_not_run_as_root() -> None:
    (user,) = RUN.all("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user.rest)
    last = [found.name for found in RUN.instructions].index("USER")
    assert not {"RUN", "COPY"} & {found.name for found in RUN.instructions[last:]}


def test_it_holds_no_secret() -> None:
    assert not {"ARG", "ADD"} & {found.name for found in EACH}
    named = " ".join(found.rest for found in EACH)
    assert not re.search(r"KEY|SECRET|PASSWORD|TOKEN|DATABASE_URL", named)


def test_its_health_check_is_a_program_of_ours_in_python() -> None:
    (check,) = RUN.all("HEALTHCHECK")
    assert {"interval", "timeout", "start-period"} <= set(check.options)
    kind, _, words = check.rest.partition(" ")
    assert kind == "CMD"
    assert Instruction("CMD", {}, words).words == ["python", "deploy/alive.py"]


def test_it_starts_what_compose_starts() -> None:
    (command,) = RUN.all("CMD")
    assert command.words == compose.services(ALLOWED_HOSTS="a")["web"].command


def test_no_secret_of_a_checkout_can_be_committed() -> None:
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()
