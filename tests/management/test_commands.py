"""The commands that operators and scripts rely on (DESIGN §5), and their exit codes."""

import hashlib

import pytest
from django.core.management import CommandError, call_command

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Permission, Role
from consentadmin.datamarts.models import Datamart, Processing
from consentadmin.sandbox.catalogue import PROCESSINGS
from tests.fixtures.sandbox import RunningSandbox


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox) -> None:
    monkeypatch.setenv("TOKEN", sandbox.token)
    monkeypatch.setenv("PASSWORD", "a quiet afternoon")


def add(sandbox: RunningSandbox, *more: str) -> None:
    url = f"--api-url={sandbox.base_url}"
    call_command("adddatamart", "--id=1459", "--name=Retail EU", url, "--token-env=TOKEN", *more)


def test_adding_a_datamart_and_syncing_makes_it_ready(db: None, sandbox: RunningSandbox) -> None:
    add(sandbox)
    call_command("syncreferentials", "--datamart=1459")
    assert Processing.objects.count() == len(PROCESSINGS)


def test_adding_it_again_changes_it(db: None, sandbox: RunningSandbox) -> None:
    add(sandbox)
    add(sandbox, "--name=Shop")
    assert Datamart.objects.get().name == "Shop"


def test_the_hash_rule_is_the_datamarts(
    db: None, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALT", "pepper")
    add(sandbox, "--hash-function=MD5", "--hash-as-typed", "--hash-salt-env=SALT")
    add(sandbox)  # says nothing of the rule, which stays
    rule = Datamart.objects.get().hash_rule
    assert rule.hash(" A@b.c ") == hashlib.md5(b"pepperA@b.c").hexdigest()  # noqa: S324


@pytest.mark.parametrize(
    "arguments",
    [
        ("adddatamart", "--id=1", "--name=x", "--token-env=ABSENT"),
        ("adddatamart", "--id=1", "--name=x", "--token-env=TOKEN", "--api-url=ftp://x"),
        (
            "addstaff",
            "--email=e@x.example",
            "--role=agent",
            "--datamart=9",
            "--password-env=PASSWORD",
        ),
        ("addstaff", "--email=nobody", "--role=agent", "--datamart=all", "--password-env=PASSWORD"),
        (
            "addstaff",
            "--email=e@x.example",
            "--role=agent",
            "--datamart=all",
            "--password-env=ABSENT",
        ),
        ("syncreferentials", "--datamart=9"),
    ],
)
def test_wrong_use_is_told_with_exit_code_2(db: None, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as caught:
        call_command(*arguments)
    assert caught.value.returncode == 2


def test_a_weak_password_is_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "password")
    with pytest.raises(CommandError, match="too short"):
        call_command(
            "addstaff",
            "--email=e@x.example",
            "--role=agent",
            "--datamart=all",
            "--password-env=PASSWORD",
        )


def test_staff_are_added_with_their_role(datamart: Datamart) -> None:
    call_command(
        "addstaff",
        "--email=eve.moss@x.example",
        "--role=officer",
        "--datamart=1459",
        "--password-env=PASSWORD",
    )
    eve = Staff.objects.get(email="eve.moss@x.example")
    assert eve.name == "Eve Moss"
    assert eve.role(Permission.LOOK_UP, datamart) is Role.OFFICER


def test_a_referential_that_can_not_be_read_is_exit_code_1(
    db: None, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "wrong")
    add(sandbox)
    with pytest.raises(CommandError) as caught:
        call_command("syncreferentials")
    assert caught.value.returncode == 1
