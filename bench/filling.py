"""A trail to measure on: two years of entries, in the tables of their months."""

import os
from concurrent.futures import ThreadPoolExecutor

import psycopg

from consentadmin.local.databases import OWNER_ROLE
from consentadmin.local.postgres import PostgresServer

ROWS = int(os.environ.get("CONSENTADMIN_BENCH_ROWS", "100000"))
MONTHS = 24
PEOPLE, ACTORS, CASES = 20_000, 40, 900
WRITERS = 2
"""They write at the same time, so that entries don't lie in the tree in the order of their ids."""
FAILURES, STUCK = 1_000, 5_000
"""One entry of so many tells of a failure, always of the same actor; of a stuck change."""

ADD_MONTHS = """
SELECT audit_add_month(class, (date_trunc('month', now() AT TIME ZONE 'UTC')
                               - make_interval(months => ago))::date)
FROM unnest(ARRAY['access', 'proof']) AS class, generate_series(0, %s) AS ago
"""
TEXT = "Newsletter of the house, as it was asked for on the telephone"
FILL = f"""
INSERT INTO audit_entry (schema, action, outcome, actor_id, actor_name, actor_role, datamart,
    subject, reason, "case", change, request_id, data, sealed, retention)
SELECT 1, CASE WHEN i %% {STUCK} = 99 THEN 'change.stuck' WHEN i %% 3 = 0 THEN 'change.sent'
        WHEN i %% 3 = 1 THEN 'change.confirmed' ELSE 'person.read' END,
    CASE WHEN i %% {FAILURES} = 7 THEN 'failed' ELSE 'done' END, i %% {ACTORS}, 'Anna Müller',
    'officer', CASE WHEN i %% 100 = 0 THEN '1460' ELSE '1459' END,
    ('00000000-0000-0000-0000-' || lpad(to_hex(i %% {PEOPLE}), 12, '0'))::uuid,
    'call', 'C-' || i %% {CASES}, i / 5, 'request-' || i, jsonb_build_object('processing', '1234',
    'name', '{TEXT}', 'value', true, 'ts', 1764075396123 + i), decode(repeat('ab', 60), 'hex'),
    CASE WHEN i %% 3 = 2 AND i %% {STUCK} <> 99 THEN 'access' ELSE 'proof' END
FROM generate_series(%s::bigint, %s::bigint, {WRITERS}) i
"""


def fill(server: PostgresServer) -> None:
    """Write ROWS entries, as many in each month, by the database's clock."""
    with psycopg.connect(server.url("trail", OWNER_ROLE), autocommit=True) as owner:
        owner.execute(ADD_MONTHS, [MONTHS])
    with ThreadPoolExecutor(WRITERS) as pool:
        for month in range(MONTHS):
            told = [(server.url("trail"), month, number) for number in range(WRITERS)]
            list(pool.map(_write, *zip(*told, strict=True)))


def _write(dsn: str, month: int, number: int) -> None:
    """Write one writer's share of a month."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            f"SET consentadmin.clock_offset = '-{MONTHS - 1 - month} months'".encode()
        )
        first, end = (ROWS * at // MONTHS for at in (month, month + 1))
        connection.execute(FILL.encode(), [first + number, end - 1])
