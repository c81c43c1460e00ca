"""How well the trail is sealed: for the screens, for `healthz`, and for whoever exports.

All reads go by the app's own connection; nothing here needs the signing key.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from consentadmin.audit import planned
from consentadmin.audit.checkpoints import Signed
from consentadmin.audit.notes import Checkpoint

CHANNEL = "audit_checkpoint"
"""Where a sealer listens for somebody who needs a checkpoint now."""

FEWEST_AHEAD = 2
"""With fewer months ahead, somebody must be told."""

LAST = """
SELECT at, size, is_sound, first_bad, entry, why, seconds FROM audit_verification
ORDER BY id DESC LIMIT 1
"""
STATE = """
SELECT (SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf),
       extract(epoch FROM consentadmin_now() - coalesce(
           (SELECT min(e.at) FROM audit_cursor c JOIN audit_entry e
            ON (e.xid, e.id) > (c.xid, c.entry) WHERE c.carry_to IS NULL),
           (SELECT e.at FROM audit_entry e WHERE e.id > coalesce(
                (SELECT CASE WHEN carry_to IS NULL THEN 9223372036854775807 ELSE entry END
                 FROM audit_cursor), 0)
            ORDER BY e.id LIMIT 1)))::float8,
       last.size,
       (SELECT extract(epoch FROM consentadmin_now() - e.at)::float8 FROM audit_leaf l
        JOIN audit_entry e ON e.id = l.entry WHERE l.seq = coalesce(last.size, 0)),
       (SELECT string_agg(p.place || ': ' || p.error, '; ') FROM audit_publication p
        WHERE p.checkpoint = last.id AND p.error <> ''),
       (SELECT min(months) FROM (
            SELECT count(*) FILTER (WHERE month.relname ~ '[0-9]{4}_[0-9]{2}$' AND month.relname
                > above.relname || to_char(consentadmin_now() AT TIME ZONE 'UTC', '_YYYY_MM'))
            FROM pg_class above JOIN pg_inherits ON inhparent = above.oid
            JOIN pg_class month ON month.oid = inhrelid
            WHERE above.relname IN ('audit_entry_access', 'audit_entry_proof') GROUP BY above.oid
        ) ahead(months)),
       EXISTS (SELECT FROM audit_entry_access_rest) OR EXISTS (SELECT FROM audit_entry_proof_rest)
FROM (SELECT) one LEFT JOIN LATERAL (
    SELECT id, size FROM audit_checkpoint WHERE origin = %s ORDER BY id DESC LIMIT 1
) last ON true
"""
NEWEST = """
SELECT id, size, root, note, signed_at FROM audit_checkpoint
WHERE origin = %s AND id > %s ORDER BY id DESC LIMIT 1
"""


class NobodySeals(Exception):
    """No sealer has signed a checkpoint in time: none runs, or it refuses to."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How a verification ended. `first_bad` is the leaf, `entry` the entry that differs first."""

    at: datetime
    size: int
    is_sound: bool
    first_bad: int | None
    entry: int | None
    why: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Sealing:
    """How far sealing and signing have come. Ages are in seconds; None is for never, or nothing.

    `months_ahead` have tables of their own; `has_rest` says that entries lie outside of any month.
    """

    size: int
    oldest_unsealed: float | None
    signed_size: int | None
    oldest_unsigned: float | None
    unpublished: str
    months_ahead: int
    has_rest: bool

    def troubles(self, *, seal_late: float = 30.0, sign_late: float = 300.0) -> list[str]:
        """Return what is wrong, in words for an operator; nothing when all is well."""
        found = []
        if self.oldest_unsealed is not None and self.oldest_unsealed > seal_late:
            found.append(f"an entry has waited {self.oldest_unsealed:.0f} s to be sealed")
        if self.oldest_unsigned is not None and self.oldest_unsigned > sign_late:
            found.append(f"{self.size - (self.signed_size or 0)} sealed entries are not signed for")
        if self.unpublished:
            found.append(f"the last checkpoint did not go out ({self.unpublished})")
        if self.months_ahead < FEWEST_AHEAD or self.has_rest:
            found.append("the months to come have no tables: run `manage.py keeptrail`")
        return found


def last_verification() -> Verification | None:
    """Return how the last verification ended, or None if there was none."""
    with connection.cursor() as cursor:
        cursor.execute(LAST)
        row = cursor.fetchone()
    return Verification(*row) if row else None


def sealing() -> Sealing:
    """Return how far sealing and signing have come."""
    ((size, unsealed, signed_size, unsigned, unpublished, ahead, has_rest),) = planned.rows(
        STATE, [settings.ORIGIN]
    )
    return Sealing(size, unsealed, signed_size, unsigned, unpublished or "", ahead, has_rest)


def places(entries: Collection[int]) -> Mapping[int, int]:
    """Return the place in the tree (seq) of each of these entries that is sealed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry, seq FROM audit_leaf WHERE entry = ANY(%s)", [list(entries)])
        return dict(cursor.fetchall())


def newest_checkpoint(*, after: int = 0) -> Signed | None:
    """Return the newest checkpoint, if its id is above `after`."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [settings.ORIGIN, after])
        row = cursor.fetchone()
    if row is None:
        return None
    return Signed(row[0], Checkpoint(settings.ORIGIN, row[1], bytes(row[2])), row[3], row[4])


def ask_for_checkpoint(*, within: float = 5.0) -> Signed:
    """Have the sealer sign now, and return the checkpoint: it covers all that was committed before.

    Call it outside of a transaction. Raises NobodySeals after so many seconds.
    """
    assert not connection.in_atomic_block, "the sealer sees what is committed"
    before = newest_checkpoint()
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
    until = time.monotonic() + within
    while time.monotonic() < until:
        found = newest_checkpoint(after=before.id if before else 0)
        if found:
            return found
        time.sleep(0.02)
    raise NobodySeals(f"no checkpoint was signed within {within:.0f} seconds")
