"""What stops a start, with a sentence that names it; and what the deploy check says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from consentadmin import environment
from tests.production.compose import ROOT

SECRETS = ("SECRET_KEY", "CONSENTADMIN_FIELD_KEYS", "CONSENTADMIN_ALIAS_KEYS")
NEEDED = (*SECRETS, "DATABASE_URL", "CELERY_BROKER_URL")
GOOD = {
    "SECRET_KEY": "of this test alone, long enough, and 0f n0thing else!?",
    "CONSENTADMIN_FIELD_KEYS": os.environ["CONSENTADMIN_FIELD_KEYS"],
    "CONSENTADMIN_ALIAS_KEYS": os.environ["CONSENTADMIN_ALIAS_KEYS"],
    "DATABASE_URL": "postgres://consentadmin_app:p@127.0.0.1:1/none",
    "DATABASE_OWNER_URL": "postgres://consentadmin_owner:p@127.0.0.1:1/none",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
    "ALLOWED_HOSTS": "privacy.example.com",
    "CONSENTADMIN_PROXY": "1",
}
BAD = {
    "CONSENTADMIN_LOG": "xml",
    "CONSENTADMIN_PROXY": "yes",
    "CONSENTADMIN_METRICS_FROM": "the office",
    "CONSENTADMIN_SWEEPER_LATE": "soon",
    "CONSENTADMIN_FIELD_KEYS": "short",
    "CONSENTADMIN_ALIAS_KEYS": "c2hvcnQ=",
    "CONSENTADMIN_VERIFIER_KEYS": "consentadmin+5d3c0ac1+short",
    "CONSENTADMIN_EXPORT_S3": "https://store.example.com/trail",
    "CONSENTADMIN_EXPORT_S3_SECRET": "without-a-key-id",
    "SECRET_KEY_FILE": "/nowhere",
}


def check(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py check` in production, in this environment and no other."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", *options],
        cwd=ROOT,
        env=plain | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deploy_check_is_clean() -> None:
    said = check("--deploy", "--fail-level", "DEBUG", **GOOD)
    assert said.returncode == 0, said.stderr
    assert "no issues" in said.stdout


def test_the_deploy_check_warns_of_one_role_for_both() -> None:
    said = check(
        "--deploy", "--fail-level", "WARNING", **GOOD | {"DATABASE_OWNER_URL": GOOD["DATABASE_URL"]}
    )
    assert said.returncode == 1
    assert "consentadmin.W001" in said.stderr


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_secret_stops_the_start_and_is_named(name: str) -> None:
    said = check(**{other: value for other, value in GOOD.items() if other != name})
    assert said.returncode != 0
    assert f"{name} is not set." in said.stderr


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_everybody_knows_stops_the_start_and_is_named(name: str) -> None:
    known = check_value(name)
    said = check(**GOOD | {name: known})
    assert said.returncode != 0
    assert f"{name} holds the value meant for development." in said.stderr
    assert known not in said.stderr.splitlines()[-1]


def check_value(name: str) -> str:
    """Return what DEBUG uses for a secret."""
    setting = name.removeprefix("CONSENTADMIN_")
    ask = f"from django.conf import settings; print(settings.{setting}, end='')"
    return subprocess.run(
        [sys.executable, "-c", ask],
        cwd=ROOT,
        env={"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "consentadmin.settings"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize(("name", "value"), BAD.items())
def test_a_value_that_makes_no_sense_stops_the_start_and_is_named(name: str, value: str) -> None:
    said = check(**GOOD | {name: value})
    assert said.returncode != 0
    last = said.stderr.splitlines()[-1]
    assert name in last
    assert value not in last


def test_a_name_may_be_given_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text("kept here\n")
    monkeypatch.setenv("ANY_NAME_FILE", str(file))
    assert environment.env("ANY_NAME") == "kept here"
