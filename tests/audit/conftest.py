"""A PostgreSQL for sealing alone: what is settled depends on every transaction of a cluster."""

import base64
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import psycopg
import pytest

from consentadmin.audit.checkpoints import Signed, sign
from consentadmin.audit.notes import SigningKey
from consentadmin.audit.reports import Report
from consentadmin.audit.sealing import Sealer
from consentadmin.audit.tree import Connection
from consentadmin.audit.verifying import verify
from consentadmin.local.databases import SUPERUSER
from consentadmin.local.postgres import PostgresServer
from tests.conftest import ROOT, migrate
from tests.fixtures.scratch import scratch_folder

ORIGIN = "consentadmin"
_SEED = b"the key that signs these trails."
KEY, SEED = SigningKey(ORIGIN, _SEED), base64.urlsafe_b64encode(_SEED).decode()
TRIALS = int(os.environ.get("CONSENTADMIN_TRIALS", "2"))
"""How often each random attack is tried; `make faults` tries more."""

WRITE = """
INSERT INTO audit_entry (schema, action, outcome, actor_id, actor_name, actor_role, datamart,
    subject, reason, "case", change, request_id, data, sealed, retention)
SELECT 1, (ARRAY['person.read', 'change.sent'])[1 + i %% 2], 'done', i %% 7, 'Anna "A" Müller',
    'agent', '1459', CASE WHEN i %% 5 > 0 THEN gen_random_uuid() END, 'call', '=C-' || i, i, '-r',
    jsonb_build_object('ts', 1764075396123 + i, 'value', true, 'why', E'a\\\\b "c"'),
    CASE WHEN i %% 3 > 0 THEN decode(repeat('ab', 80), 'hex') END,
    (ARRAY['access', 'proof'])[1 + i %% 2]
FROM generate_series(1, %s) i RETURNING id
"""


class Leads(Protocol):
    """A sealer, or its keeper."""

    def lead(self) -> bool: ...


def take_the_lead(who: Leads) -> None:
    """Lead, once PostgreSQL has seen that whoever led before has gone."""
    until = time.monotonic() + 10
    while not who.lead():
        assert time.monotonic() < until, "another leads"
        time.sleep(0.01)


@dataclass
class Trail:
    """A trail in a database of its own, its sealer, and what has left it."""

    server: PostgresServer
    name: str
    outside: list[str] = field(default_factory=list)
    opened: list[Connection] = field(default_factory=list)

    def connect(self, role: str | None = None) -> Connection:
        """Connect as the app, or as another role, each statement on its own."""
        url = self.server.url(self.name, role=role) if role else self.server.url(self.name)
        self.opened.append(psycopg.connect(url, autocommit=True))
        return self.opened[-1]

    def write(self, count: int = 1, *, over: Connection | None = None) -> list[int]:
        """Write entries in one statement; return their ids."""
        return [row[0] for row in (over or self.connect()).execute(WRITE, [count]).fetchall()]

    def write_ago(self, months: int, count: int = 1) -> list[int]:
        """Write entries so many months ago, by the database's clock; return their ids."""
        back_then = self.connect()
        back_then.execute(f"SET consentadmin.clock_offset = '-{months} months'".encode())
        return self.write(count, over=back_then)

    def knows(self, key: SigningKey) -> None:
        """Have a key known, as if it had signed before: its first use adds an entry."""
        self.connect().execute("INSERT INTO audit_key (vkey) VALUES (%s)", [str(key.verifier)])

    def seal(self) -> Sealer:
        """Seal all that is settled, as a leader who then leaves."""
        with psycopg.connect(self.server.url(self.name), autocommit=True) as connection:
            sealer = Sealer(connection)
            take_the_lead(sealer)
            sealer.seal_all()
        return sealer

    def sign(self, *keys: SigningKey) -> Signed:
        """Seal and sign, and keep the note outside."""
        frontier = self.seal().frontier
        assert frontier
        signed = sign(
            self.connect(), frontier, keys=keys or [KEY], outside=self.outside[-1:], again=True
        )
        assert signed
        self.outside.append(signed.note)
        return signed

    def verify(self, *, outside: bool = True) -> Report:
        """Verify with the key from outside, and the notes from outside if they are there."""
        return verify(
            self.connect(),
            trusted=[KEY.verifier],
            origin=ORIGIN,
            outside=self.outside if outside else [],
        )

    def tamper(self, *statements: str) -> None:
        """Do as whoever rules over the database: no trigger fires."""
        superuser = self.connect(SUPERUSER)
        superuser.execute("SET session_replication_role = replica")
        for statement in statements:
            superuser.execute(statement.encode())

    def close(self) -> None:
        for connection in self.opened:
            connection.close()
        self.opened.clear()


@pytest.fixture(scope="session")
def trail_server() -> Iterator[PostgresServer]:
    """A server that nothing else works on, with a migrated database to clone."""
    folder = scratch_folder("consentadmin-trail-")
    with PostgresServer(folder, durable=False) as server:
        server.create_roles()
        server.create_database("template_trail")
        migrate(server, "template_trail")
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def trails(trail_server: PostgresServer) -> Iterator[Callable[[], Trail]]:
    """Make trails, each empty and in a database of its own."""
    made: list[Trail] = []

    def make() -> Trail:
        trail = Trail(trail_server, f"trail_{len(made)}")
        trail_server.clone("template_trail", trail.name)
        made.append(trail)
        return trail

    yield make
    for trail in made:
        trail.close()
        trail_server.drop_database(trail.name)


@pytest.fixture
def trail(trails: Callable[[], Trail]) -> Trail:
    """An empty trail."""
    return trails()


__all__ = ["KEY", "ORIGIN", "ROOT", "SEED", "TRIALS", "Trail"]
