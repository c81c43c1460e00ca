"""docker-compose.yml, linted: what it names exists, and what it starts is documented."""

import json
import re
from typing import Any

import pytest
from django.core.management import get_commands
from django.core.validators import URLValidator

from tests.production import compose
from tests.production.compose import ROOT, Service

FILE = compose.read(ALLOWED_HOSTS="privacy.example.com")
SERVICES = compose.services(ALLOWED_HOSTS="privacy.example.com")
OURS = {n: s for n, s in SERVICES.items() if s.told.get("image") == "consentadmin"}
SERVERS = {"postgres", "redis"}
LASTING = {"web", "worker", "beat", "sweeper", "sealer", "bulk"}
OF_GRANIAN = {"GRANIAN_HOST", "GRANIAN_PORT"}

SECRET = r"KEY|SECRET|PASSWORD|DATABASE"

each = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
each_of_ours = pytest.mark.parametrize("service", OURS.values(), ids=OURS)


def names_read() -> set[str]:
    """Every name that settings ask the environment for, and its _FILE."""
    text = "".join(
        (ROOT / "consentadmin" / name).read_text() for name in ("settings.py", "environment.py")
    )
    kinds = "env|flag|seconds|whole|words|choice|networks|needed|secret|vkeys"
    found = rf"(?:{kinds})\(\s*\"([A-Z_]+)\""
    names = set(re.findall(found, text))
    return names | {f"{name}_FILE" for name in names}


def test_it_starts_what_the_issue_names() -> None:
    assert {"postgres", "redis", "migrate", *LASTING, "sandbox", "demo"} == set(SERVICES)
    demo = {name for name, service in SERVICES.items() if service.told.get("profiles") == ["demo"]}
    assert demo == {"sandbox", "demo"}


@each_of_ours
def test_its_command_is_documented(service: Service) -> None:
    documented = (ROOT / "docs" / "operating.md").read_text()
    words = service.command[: 2 if "manage.py" in service.command else 3]
    if "manage.py" in words:
        assert service.command[2] in get_commands()
        words = ["manage.py", service.command[2]]
    assert " ".join(words) in documented
    if service.name in LASTING:
        assert " ".join(service.command) in documented


@each_of_ours
def test_every_variable_it_sets_is_one_that_is_read(service: Service) -> None:
    demo = {name for name in service.environment if name.startswith("CONSENTADMIN_DEMO_")}
    allowed = names_read() | (demo if service.name == "demo" else set())
    allowed |= OF_GRANIAN if service.name == "web" else set()
    assert set(service.environment) <= allowed


@each
def test_every_secret_is_a_file(service: Service) -> None:
    for name, value in service.environment.items():
        if name != "CONSENTADMIN_VERIFIER_KEYS" and re.search(SECRET, name):  # those are public
            assert name.endswith("_FILE")
            assert value.removeprefix("/run/secrets/") in service.told["secrets"]
    assert set(service.told.get("secrets", [])) <= set(FILE["secrets"])


def test_the_secrets_are_those_that_are_made() -> None:
    made = re.findall(r'write\(folder, "(\w+)"', (ROOT / "deploy/make_secrets.py").read_text())
    assert {name: {"file": f"secrets/{name}"} for name in made} == FILE["secrets"]


def test_only_migrate_knows_the_owner() -> None:
    knowing = {name for name, service in OURS.items() if "owner_url" in service.told["secrets"]}
    assert knowing == {"migrate"}


@each
def test_only_web_is_published_and_only_on_this_machine(service: Service) -> None:
    published = service.told.get("ports", [])
    assert bool(published) == (service.name == "web")
    assert all(port.startswith("127.0.0.1:") for port in published)


@each
def test_it_starts_again_by_itself(service: Service) -> None:
    once = service.name in {"migrate", "demo"}
    assert service.told["restart"] == ("on-failure" if once else "unless-stopped")


def test_a_process_waits_for_what_it_needs() -> None:
    for name in LASTING:
        awaited: dict[str, Any] = SERVICES[name].told["depends_on"]
        assert {key: value["condition"] for key, value in awaited.items()} == {
            "postgres": "service_healthy",
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }
    for name in (*SERVERS, "sandbox", "web"):
        assert SERVICES[name].told["healthcheck"]["test"][0] == "CMD"


@each_of_ours
def test_it_may_write_nowhere_but_in_memory_and_may_do_nothing_more(service: Service) -> None:
    assert service.told["read_only"]
    assert service.told["cap_drop"] == ["ALL"]
    assert service.told["security_opt"] == ["no-new-privileges:true"]


@each
def test_its_volumes_and_networks_exist(service: Service) -> None:
    for volume in service.told.get("volumes", []):
        source = volume.split(":")[0]
        assert source in FILE["volumes"] or (ROOT / source).is_dir()
    assert set(service.told["networks"]) <= set(FILE["networks"])
    assert FILE["networks"]["house"]["internal"]
    if service.name in SERVERS:
        assert list(service.told["networks"]) == ["house"]


def test_the_demo_uses_commands_that_exist() -> None:
    commands = json.loads(SERVICES["demo"].command[3])
    assert {command[0] for command in commands} <= set(get_commands())
    URLValidator(schemes=["http"])(commands[0][commands[0].index("--api-url") + 1])


def test_it_does_not_start_without_the_hosts() -> None:
    with pytest.raises(compose.NotSet, match="ALLOWED_HOSTS"):
        compose.read()
