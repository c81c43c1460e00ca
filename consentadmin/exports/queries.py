"""What is known of exports."""

from collections.abc import Sequence

from consentadmin.accounts.models import Staff
from consentadmin.exports.models import Export


def exports_of(staff: Staff, *, size: int = 50) -> Sequence[Export]:
    """Return one's own exports, the newest first."""
    return list(staff.exports.order_by("-asked_at")[:size])


def export_of(staff: Staff, pk: str) -> Export:
    """Return one of one's own exports. Raises Export.DoesNotExist."""
    return staff.exports.get(pk=pk)
