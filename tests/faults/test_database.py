"""PostgreSQL restarted, read-only and full up (FAULTS §2, cells 8 and 10)."""

import signal
import time
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection

from consentadmin.changes.models import Change
from consentadmin.local.postgres import PostgresServer
from tests.conftest import migrated_template
from tests.faults.harms import delay
from tests.faults.limits import full_disk
from tests.faults.trials import FEW, SIZE, Trial

RESTARTS = 2
BALLAST = """
INSERT INTO audit_entry SELECT ballast.*
FROM audit_entry e, generate_series(1, 25000) n,
LATERAL jsonb_populate_record(e, jsonb_build_object('id', e.id + 1000000 + n, 'change', NULL,
    'data', jsonb_build_object('ballast', repeat('x', 1500)))) ballast
WHERE e.id = (SELECT max(id) FROM audit_entry WHERE change IS NOT NULL)
"""
"""Makes the trail's file larger than files may grow where the disk is full."""


@pytest.fixture(scope="module")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server of this module's own, since it is killed: one that keeps what it has committed."""
    with PostgresServer(tmp_path_factory.mktemp("postgres"), durable=True) as server:
        server.create_roles()
        migrated_template(server)
        yield server


def test_a_database_that_restarts_in_the_middle_loses_nothing(
    trial: Trial, postgres_server: PostgresServer
) -> None:
    for run in trial.runs("8 PostgreSQL killed and restarted"):
        run.works.proxy.harm(delay(0.02))
        run.asker.ask_at_random(run.places(), SIZE * 2, run.dice)
        run.works.worker()
        run.works.sweeper(rings=True)
        for _ in range(RESTARTS):
            time.sleep(run.dice.random() / 2)
            postgres_server.halt(signal.SIGQUIT)  # as `pg_ctl stop -m immediate`
            postgres_server.start()
        run.began = time.monotonic()


@pytest.mark.parametrize(
    "limit", ["SET default_transaction_read_only = on", "CONNECTION LIMIT 0"], ids=["r/o", "full"]
)
def test_what_the_database_refuses_is_never_acknowledged(
    trial: Trial, postgres_server: PostgresServer, limit: str
) -> None:
    for run in trial.runs("10 database read-only or full", times=FEW):
        (place, *others), before = run.places(), Change.objects.count()
        connection.close()
        with postgres_server.connect() as superuser:
            superuser.execute(f"ALTER DATABASE {run.works.database} {limit}")
            with pytest.raises(DatabaseError):
                run.asker.ask(place, accepted=False)
            superuser.execute(f"ALTER DATABASE {run.works.database} CONNECTION LIMIT -1")
            superuser.execute(
                f"ALTER DATABASE {run.works.database} RESET default_transaction_read_only"
            )
        connection.close()
        assert Change.objects.count() == before
        run.asker.withdraw(others)
        run.well()


def test_a_full_disk_refuses_what_is_new_and_loses_nothing_else(
    trial: Trial, postgres_server: PostgresServer
) -> None:
    for run in trial.runs("10 disk full", times=FEW):
        before = Change.objects.count()
        run.withdraw()
        with postgres_server.connect(run.works.database) as superuser:
            superuser.execute(BALLAST)
        places = run.places(SIZE * 10)
        assert postgres_server.process is not None, "it runs"
        with full_disk(postgres_server.process.pid):
            with pytest.raises(DatabaseError, match="could not extend file"):
                run.asker.withdraw(places)
            kept = Change.objects.count()
            run.works.sweeper()
            time.sleep(run.dice.random())
            assert Change.objects.count() == kept
        assert kept - before == len(run.acknowledged)
        run.well()
