"""Verifying the whole trail, and leaving word of how that ended: for screens, and in the trail."""

from collections.abc import Collection, Sequence

from django.conf import settings

from consentadmin.audit import keeping
from consentadmin.audit.gathering import strangers
from consentadmin.audit.notes import VerifierKey
from consentadmin.audit.reports import Report, outcome
from consentadmin.audit.services import record
from consentadmin.audit.signing import trusted_keys
from consentadmin.audit.verifying import verify
from consentadmin.audit.words import HOUSE, Action, Outcome


def inspect(*, trusted: Sequence[VerifierKey] | None = None, seen: Collection[str] = ()) -> Report:
    """Verify the trail, with every checkpoint there is, and record the verdict.

    `trusted` are the keys to believe, by default those configured here; `seen` are checkpoints
    kept elsewhere. Where keys are pinned, the database may name no key that these don't vouch for.
    An operator reads the report; screens and `healthz` ask `seals`.
    """
    directory = keeping.directory()
    outside = [*(directory.notes() if directory else ()), *seen]
    keys = trusted_keys() if trusted is None else trusted
    with keeping.connect() as connection:
        report = verify(connection, trusted=keys, origin=settings.ORIGIN, outside=outside)
        if settings.VERIFIER_KEYS:
            report.problems += strangers(connection, trusted_keys(), settings.ORIGIN)
        outcome(connection, report)
    first = report.first_bad
    record(
        action=Action.TRAIL_VERIFIED,
        actor=HOUSE,
        outcome=Outcome.DONE if report.is_sound else Outcome.FAILED,
        data={
            "size": report.size,
            "checkpoints": report.checkpoints,
            "why": str(first) if first else "",
        },
    )
    return report
