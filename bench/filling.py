"""A trail to measure on: two years of entries, in the tables of their months."""

import os

import psycopg

from consentadmin.local.databases import OWNER_ROLE
from consentadmin.local.postgres import PostgresServer

ROWS = int(os.environ.get("CONSENTADMIN_BENCH_ROWS", "100000"))
MONTHS = 24
PEOPLE, ACTORS, CASES = 20_000, 40, 900
FAILURES = 1_000
"""One entry of so many tells of a failure, always of the same actor."""

ADD_MONTHS = """
SELECT audit_add_month(class, (date_trunc('month', now() AT TIME ZONE 'UTC')
                               - make_interval(months => ago))::date)
FROM unnest(ARRAY['access', 'proof']) AS class, generate_series(0, %s) AS ago
"""
TEXT = "Newsletter of the house, as it was asked for on the telephone"
FILL = f"""
INSERT INTO audit_entry (schema, action, outcome, actor_id, actor_name, actor_role, datamart,
    subject, reason, "case", change, request_id, data, sealed, retention)
SELECT 1, (ARRAY['person.read', 'change.sent'])[1 + i %% 2],
    CASE WHEN i %% {FAILURES} = 7 THEN 'failed' ELSE 'done' END, i %% {ACTORS}, 'Anna Müller',
    'officer', '1459', ('00000000-0000-0000-0000-' || lpad(to_hex(i %% {PEOPLE}), 12, '0'))::uuid,
    'call', 'C-' || i %% {CASES}, i / 5, 'request-' || i, jsonb_build_object('processing', '1234',
    'name', '{TEXT}', 'value', true, 'ts', 1764075396123 + i), decode(repeat('ab', 60), 'hex'),
    (ARRAY['access', 'proof'])[1 + i %% 2]
FROM generate_series(%s::bigint, %s::bigint) i
"""


def fill(server: PostgresServer) -> None:
    """Write ROWS entries, as many in each month, by the database's clock."""
    with psycopg.connect(server.url("trail", OWNER_ROLE), autocommit=True) as owner:
        owner.execute(ADD_MONTHS, [MONTHS])
    with psycopg.connect(server.url("trail"), autocommit=True) as writer:
        for month in range(MONTHS):
            ago = MONTHS - 1 - month
            writer.execute(f"SET consentadmin.clock_offset = '-{ago} months'".encode())
            last = ROWS * (month + 1) // MONTHS - 1
            writer.execute(FILL.encode(), [ROWS * month // MONTHS, last])
