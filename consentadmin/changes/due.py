"""Which change can be carried out now: the conditions, and the statements that go by them.

In SQL of our own, for this is what every worker asks the whole time: what the ORM makes of it takes
longer to write than to run. `c` is a change. Nothing is joined to it, and `OFFSET 0` keeps
PostgreSQL from joining by itself: so it walks the queue by its index, in order, and stops at the
first few that can be sent, however many wait behind them.
"""
# ruff: noqa: S608  (every name in these statements is ours)

from collections.abc import Collection

from consentadmin.changes.states import IN_FLIGHT, State
from consentadmin.datamarts.breaker import MAY_BE_SENT_TO


def _listed(states: Collection[State]) -> str:
    return ", ".join(f"'{state.value}'" for state in sorted(states))


KIN = """
    SELECT FROM subjects_subject mine
    JOIN subjects_subject kin ON kin.root = mine.root
    JOIN changes_change other ON other.subject_id = kin.id
    WHERE mine.id = c.subject_id AND other.id <> c.id
"""
"""The other changes of the same person, who may be several subjects joined."""

IS_DISTURBED = f"""
    EXISTS ({KIN} AND other.state IN ({_listed(IN_FLIGHT)})
            AND (other.document = c.document OR other.takes_person OR c.takes_person) OFFSET 0)
"""
"""Something is in flight that this one has to wait for: another change of the same document, or
any of the person where one of the two takes the whole person (DESIGN §4, Order)."""

IS_BEHIND_A_STUCK_ONE = f"""
    EXISTS ({KIN} AND other.state = 'stuck' AND other.document = c.document OFFSET 0)
"""

MAY_BE_SENT = f"""
    c.datamart_id <> ALL (ARRAY(SELECT d.id FROM datamarts_datamart d WHERE NOT ({MAY_BE_SENT_TO})))
"""

CAN_BE_SENT = f"""
    c.state = 'queued' AND c.due_at <= consentadmin_now() AND {MAY_BE_SENT}
    AND NOT {IS_DISTURBED} AND (c.is_withdrawal OR NOT {IS_BEHIND_A_STUCK_ONE})
"""
"""One in flight per person and document; a withdrawal does not wait for a stuck change."""

CAN_BE_CHECKED = f"""
    c.state IN ({_listed(IN_FLIGHT)}) AND c.state <> 'sending'
    AND c.lease_until IS NULL AND c.due_at <= consentadmin_now() AND {MAY_BE_SENT}
"""
"""One whose worker died is released, and counted, before. Its states are put so that PostgreSQL
goes by the index of what is in flight, which is small, and not by one that holds the queue too."""

IN_TURN = "ORDER BY c.is_withdrawal DESC, c.due_at, c.id"
"""Withdrawals go first."""

RESERVE = f"""
WITH next AS MATERIALIZED (
    SELECT c.id FROM changes_change c
    WHERE c.lane = %s AND {CAN_BE_SENT}
      AND (c.lease_until IS NULL OR c.lease_until <= consentadmin_now())
    {IN_TURN} LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE changes_change SET lease_until = consentadmin_now() + %s
FROM next WHERE changes_change.id = next.id RETURNING changes_change.id
"""
"""Takes a lane, a number, an interval. What another worker is reserving is skipped."""

CLAIM = f"""
UPDATE changes_change c
SET state = 'sending', attempts = c.attempts + 1, fence = c.fence + 1,
    lease_until = consentadmin_now() + %s
FROM datamarts_datamart d
WHERE c.id = %s AND c.fence = %s AND c.state = 'queued' AND d.id = c.datamart_id
  AND d.sending_paused_at IS NULL AND (%s OR {MAY_BE_SENT_TO}) AND NOT {IS_DISTURBED}
RETURNING c.id
"""
"""Takes a lease, an id, a fence, and whether this is the one that tries a datamart that is down.

What was so when it was reserved is looked at again, but for what only its fence can have changed.
"""

CLAIM_TO_CHECK = f"""
WITH next AS MATERIALIZED (
    SELECT c.id FROM changes_change c WHERE c.lane = %s AND {CAN_BE_CHECKED}
    {IN_TURN} LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE changes_change SET fence = fence + 1, lease_until = consentadmin_now() + %s
FROM next WHERE changes_change.id = next.id RETURNING changes_change.id
"""
"""Takes a lane, and a lease."""

STILL_HOLDS = """
SELECT FROM changes_change WHERE id = %s AND fence = %s AND lease_until > consentadmin_now()
"""

DUE_LANES = f"""
SELECT due.name FROM unnest(%s::text[]) AS due (name)
WHERE (SELECT TRUE FROM changes_change c WHERE c.lane = due.name AND {CAN_BE_SENT}
       {IN_TURN} LIMIT 1)
   OR (SELECT TRUE FROM changes_change c WHERE c.lane = due.name AND {CAN_BE_CHECKED} LIMIT 1)
"""
"""Takes the lanes, and returns those in which there is something to do."""
