"""Who consulted a person: as a page for officers, and as a file for the person."""

import csv
from collections.abc import Iterable, Iterator
from itertools import islice

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.audit.consultations import Consultation, consultations
from consentadmin.subjects.models import Handle
from consentadmin.subjects.queries import family
from consentadmin.userpoints.services import note_page
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.htmx import answer
from consentadmin.web.templatetags.times import exact
from consentadmin.web.templatetags.trail import purpose, read_words

MOST = 200


@require_safe
@requires(Permission.TRAIL_READ)
def consulted(request: StaffRequest, handle: Handle) -> HttpResponse:
    """Show when and for what a person was consulted, the newest first."""
    note_page(handle=handle, actor=request.actor, what="consultations")
    found = list(islice(consultations(family(handle.subject)), MOST + 1))
    context = {"handle": handle, "visits": found[:MOST], "has_more": len(found) > MOST}
    return answer(request, "audit/consulted.html", context)


@require_safe
@requires(Permission.TRAIL_READ)
def consulted_file(request: StaffRequest, handle: Handle) -> HttpResponseBase:
    """Give all of it as CSV, in any number, for the person to have."""
    note_page(handle=handle, actor=request.actor, what="consultations")
    lines = _csv(consultations(family(handle.subject)))
    name = f"consultations-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


class _Line:
    """What csv.writer writes to: each row is given on at once."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def _csv(found: Iterable[Consultation]) -> Iterator[str]:
    """Give the lines, no cell of which a spreadsheet takes for a formula."""
    writer = csv.writer(_Line(), quoting=csv.QUOTE_ALL)
    yield "\ufeff"  # so that a spreadsheet reads it as UTF-8
    yield writer.writerow([_("From"), _("Until"), _("Purpose"), _("What was consulted")])
    for visit in found:
        words = [purpose(visit.reason), read_words(visit.what)]
        yield writer.writerow([exact(visit.since), exact(visit.until), *map(_harmless, words)])


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell
