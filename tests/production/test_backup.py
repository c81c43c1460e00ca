"""Backup and restore, by the very commands of docs/operating.md."""

import re
import subprocess

import psycopg
import pytest

from consentadmin.sandbox.catalogue import PARTNERS
from consentadmin.sandbox.people import MARIE
from tests.production.compose import ROOT
from tests.production.desk import changed, looked_up, signed_in
from tests.production.house import House
from tests.production.servers import psql, until

pytestmark = pytest.mark.xdist_group("production")

NEW = "consentadmin_restored"
TRAIL = "SELECT count(*), md5(string_agg(entry::text, '|' ORDER BY id)) FROM audit_entry entry"
OPENED = """
from consentadmin.changes.models import Change
change = Change.objects.latest("pk")
print(change.payload["note"], change.subject.point)
"""


def commands(heading: str) -> str:
    """Return the shell commands that the handbook gives under a heading."""
    text = (ROOT / "docs" / "operating.md").read_text()
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))


def restored_url(house: House, secret: str) -> str:
    return re.sub(r"/consentadmin$", f"/{NEW}", house.secret(secret))


def carry_out(house: House) -> None:
    """Run the handbook's commands, from the backup to the migration, as one script."""
    environment = house.environment("migrate") | house.postgres.superuser
    environment["PATH"] = f"{house.postgres.programs}:{environment['PATH']}"
    told = house.user.surroundings(environment) | {
        "OWNER_URL": house.secret("owner_url"),
        "NEW_OWNER_URL": restored_url(house, "owner_url"),
        "NEW_APP_URL": restored_url(house, "app_url"),
        "BACKUP": str(house.user.own("backup") / "consentadmin.dump"),
    }
    for name in ("DATABASE_URL_FILE", "DATABASE_OWNER_URL_FILE"):
        del told[name]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands("Backup and restore")],
        cwd=house.user.app,
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def refused(url: str, statement: str) -> str:
    with psycopg.connect(url) as connection, pytest.raises(psycopg.Error) as error:
        connection.execute(statement.encode())
    return type(error.value).__name__


def test_what_was_backed_up_is_there_again(house: House) -> None:
    desk = signed_in(house)
    page = looked_up(desk)
    changed(desk, page, PARTNERS, note="as she asked on the phone")
    until(lambda: "Confirmed" in desk.get(page))
    before = psql(house.postgres, "-At", "-d", "consentadmin", "-c", TRAIL)
    carry_out(house)

    assert psql(house.postgres, "-At", "-d", NEW, "-c", TRAIL) == before
    assert int(before.partition("|")[0]) > 10
    app, owner = restored_url(house, "app_url"), restored_url(house, "owner_url")
    for statement in ("UPDATE audit_entry SET reason = ''", "DELETE FROM audit_entry"):
        assert refused(app, statement) == refused(owner, statement) == "InsufficientPrivilege"
    assert refused(app, "DELETE FROM django_migrations") == "InsufficientPrivilege"

    environment = house.environment("web") | {"DATABASE_URL": app}
    del environment["DATABASE_URL_FILE"]
    said = house.user.run(
        "opened", ["python", "manage.py", "shell", "-v0", "-c", OPENED], environment
    )
    assert f"as she asked on the phone {MARIE.point_id}" in said
