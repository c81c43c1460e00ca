"""What becomes of the keys that sign checkpoints, as entries: first used, or refused.

Not each use: a checkpoint a minute tells of itself. The sealer writes over its own connection, in
the transaction of what is told.
"""

from collections.abc import Sequence
from typing import Any

from consentadmin.audit.models import Entry
from consentadmin.audit.notes import VerifierKey
from consentadmin.audit.tree import Connection
from consentadmin.audit.words import HOUSE, Action, Outcome
from consentadmin.audit.writing import WRITE, values


def used(connection: Connection, key: VerifierKey, vouched_by: Sequence[VerifierKey]) -> None:
    """Tell that a key has signed for the first time, and which keys have signed along."""
    vouchers = [voucher.id.hex() for voucher in vouched_by]
    told = {"key": key.id.hex(), "vouched_by": vouchers}
    _write(connection, Action.SIGNING_KEY_USED, Outcome.DONE, told)


def refused(connection: Connection, key: VerifierKey) -> None:
    """Tell that a key signs nothing: it is new, and the one before it does not sign along."""
    _write(connection, Action.SIGNING_KEY_REFUSED, Outcome.REFUSED, {"key": key.id.hex()})


def _write(connection: Connection, action: Action, outcome: Outcome, told: dict[str, Any]) -> None:
    entry = Entry(
        action=action,
        outcome=outcome,
        actor_id=HOUSE.id,
        actor_name=HOUSE.name,
        actor_role=HOUSE.role,
        data=told,
    )
    connection.execute(WRITE.encode(), values(entry))
