"""The screens of exports: asked for, watched, cancelled, downloaded; one's own alone."""

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from consentadmin.accounts.models import Grant, Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.datamarts.models import Datamart
from consentadmin.exports.filters import read
from consentadmin.exports.models import Delivery, Export, ExportState, Place
from consentadmin.exports.places import archive
from consentadmin.exports.queries import is_behind
from tests import factories
from tests.web.conftest import HTMX, signed_in, text


@pytest.fixture
def as_carol(carol: Staff, client: Client) -> Client:
    return signed_in(client, carol)


@pytest.fixture
def export(as_carol: Client) -> Export:
    """An export of failures that carol asks for."""
    as_carol.post("/trail/export?outcome=failed&case=C-0142&change=7&reason=call")
    return Export.objects.get()


def stand(export: Export, state: ExportState, **fields: object) -> str:
    """Put an export into a state, and return its address."""
    Export.objects.filter(pk=export.pk).update(state=state, **fields)
    return f"/trail/exports/{export.pk}"


def ready(export: Export) -> str:
    archive(export).write_bytes(b"PK")
    later = timezone.now().replace(year=2099)
    return stand(export, ExportState.DONE, rows=3, bytes=2, sha256="0" * 64, expires_at=later)


def test_what_is_filtered_is_what_is_exported(as_carol: Client, export: Export) -> None:
    asked = read(export.filters)
    assert (asked.outcome, asked.case, asked.change, asked.reason) == (
        Outcome.FAILED,
        "C-0142",
        7,
        "call",
    )
    page = text(as_carol.get("/trail/exports"))
    assert "Entries filtered by case, change, outcome and purpose" in page
    assert "Waiting to be written." in page


def test_filters_that_make_no_sense_export_nothing(as_carol: Client) -> None:
    page = as_carol.post("/trail/export?outcome=x", follow=True)
    assert "Nothing was exported" in text(page)
    assert not Export.objects.exists()


def test_an_auditor_of_one_datamart_exports_that_one_alone(
    client: Client, datamart: Datamart
) -> None:
    signed_in(client, factories.staff("eve", Role.AUDITOR, datamart))
    client.post("/trail/export")
    assert read(Export.objects.get().filters).datamarts == ["1459"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_it_is_watched_while_it_is_written(
    as_carol: Client, export: Export, headers: dict[str, str]
) -> None:
    path = stand(export, ExportState.RUNNING, rows=500, total=2000)
    page = text(as_carol.get(path, headers=headers))
    assert "500 of 2000 entries" in page
    assert 'value="500" max="2000"' in page
    assert "every 1s" in page
    assert ("<html" in page) is (headers == {})


def test_it_is_downloaded_and_that_is_recorded(as_carol: Client, export: Export) -> None:
    path = ready(export)
    page = text(as_carol.get(path))
    assert "Ready: 3 entries" in page
    assert "every 1s" not in page
    response = as_carol.post(f"{path}/download")
    assert b"".join(response.streaming_content) == b"PK"  # type: ignore[attr-defined]
    assert "attachment" in response["Content-Disposition"]
    assert Entry.objects.get(action=Action.EXPORT_DOWNLOADED).outcome == Outcome.DONE


def test_what_is_not_ready_is_not_downloaded(as_carol: Client, export: Export) -> None:
    assert as_carol.post(f"/trail/exports/{export.pk}/download").status_code == 404


def test_who_may_read_less_by_now_gets_none_of_it(
    as_carol: Client, carol: Staff, export: Export, datamart: Datamart
) -> None:
    path = ready(export)
    Grant.objects.filter(staff=carol).update(datamart=datamart)
    assert as_carol.post(f"{path}/download").status_code == 404
    assert not Entry.objects.filter(action=Action.EXPORT_DOWNLOADED).exists()


def test_it_is_cancelled(as_carol: Client, export: Export) -> None:
    as_carol.post(f"/trail/exports/{export.pk}/cancel")
    assert Export.objects.get().state == ExportState.CANCELLED
    page = as_carol.post(f"/trail/exports/{export.pk}/cancel", follow=True)
    assert "This export had ended by then" in text(page)


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        (ExportState.QUEUED, "NobodySeals", "Waiting to be written again. The trail is not being"),
        (ExportState.FAILED, "OSError", "It could not be written. The file could not be"),
        (ExportState.EXPIRED, "", "expired: the file is gone"),
    ],
)
def test_each_end_is_told(
    as_carol: Client, export: Export, state: ExportState, error: str, words: str
) -> None:
    page = text(as_carol.get(stand(export, state, error=error)))
    assert words in page.replace("<strong>", "").replace("</strong>", "")


def test_anothers_export_is_not_there(client: Client, export: Export, bob: Staff) -> None:
    signed_in(client, bob)
    path = ready(export)
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/download").status_code == 404
    assert client.post(f"{path}/cancel").status_code == 404
    assert export.pk not in text(client.get("/trail/exports"))


@pytest.mark.parametrize("who", ["alice", "dan"])
def test_others_are_refused(request: pytest.FixtureRequest, client: Client, who: str) -> None:
    signed_in(client, request.getfixturevalue(who))
    assert client.get("/trail/exports").status_code == 403
    paths = ["cancel", "download", "deliver"]
    for path in ("/trail/export", *(f"/trail/exports/x/{path}" for path in paths)):
        assert client.post(path).status_code == 403


def test_each_takes_its_own_method(as_carol: Client, export: Export) -> None:
    path = f"/trail/exports/{export.pk}"
    for posted in ("/trail/exports", path):
        assert as_carol.post(posted).status_code == 405
    for got in ("/trail/export", f"{path}/cancel", f"{path}/download"):
        assert as_carol.get(got).status_code == 405


@pytest.mark.parametrize(
    ("form", "csv", "parquet"),
    [("", True, False), ("csv", True, False), ("parquet", False, True), ("none", False, False)],
)
def test_the_form_that_is_chosen_is_written(
    as_carol: Client, form: str, *, csv: bool, parquet: bool
) -> None:
    as_carol.post("/trail/export", {"form": form})
    export = Export.objects.get()
    assert (export.with_csv, export.with_parquet) == (csv, parquet)


def test_a_form_that_is_unknown_exports_nothing(as_carol: Client) -> None:
    assert "Parquet, for programs" in text(as_carol.get("/trail"))
    page = as_carol.post("/trail/export", {"form": "xlsx"}, follow=True)
    assert "Nothing was exported" in text(page)
    assert not Export.objects.exists()


@pytest.fixture
def month(settings: Settings, db: None) -> Export:
    """The export of a month that the store refuses."""
    settings.EXPORT_S3 = ("trail", "")
    later = timezone.now().replace(year=2099)
    export = Export.objects.create(
        month=date(2026, 10, 1),
        asker_role="house",
        state=ExportState.DONE,
        rows=3,
        bytes=2,
        sha256="0" * 64,
        expires_at=later,
    )
    archive(export).write_bytes(b"PK")
    Delivery.objects.create(export=export, place=Place.S3, error="Denied", attempts=3)
    Delivery.objects.create(
        export=export, place=Place.DIRECTORY, attempts=1, delivered_at=timezone.now()
    )
    return export


def test_a_month_that_is_not_delivered_tells_what_to_do(as_carol: Client, month: Export) -> None:
    page = text(as_carol.get("/trail/exports"))
    assert "October 2026" in page
    assert "Put into the directory:" in page
    assert "Not in the S3 store after 3 attempts." in page
    assert "correct CONSENTADMIN_EXPORT_S3_KEY_ID" in page


def test_a_month_is_delivered_again_when_asked(as_carol: Client, month: Export) -> None:
    path = f"/trail/exports/{month.pk}/deliver"
    assert "It is tried now." in text(as_carol.post(path, follow=True))
    assert Entry.objects.filter(action=Action.EXPORT_RETRIED).count() == 1
    Delivery.objects.update(delivered_at=timezone.now())
    assert "There was nothing left to deliver" in text(as_carol.post(path, follow=True))
    assert as_carol.get(path).status_code == 405


def test_a_month_is_downloaded_under_its_name(as_carol: Client, month: Export) -> None:
    response = as_carol.post(f"/trail/exports/{month.pk}/download")
    assert b"".join(response.streaming_content) == b"PK"  # type: ignore[attr-defined]
    assert "consentadmin-trail-2026-10.zip" in response["Content-Disposition"]


def test_months_are_not_there_for_who_may_not_read_all(
    client: Client, month: Export, datamart: Datamart
) -> None:
    signed_in(client, factories.staff("eve", Role.AUDITOR, datamart))
    assert "October 2026" not in text(client.get("/trail/exports"))
    for act in ("download", "deliver"):
        assert client.post(f"/trail/exports/{month.pk}/{act}").status_code == 404


def test_the_export_of_a_month_can_not_be_cancelled(as_carol: Client, month: Export) -> None:
    assert as_carol.post(f"/trail/exports/{month.pk}/cancel").status_code == 404


def test_a_house_is_behind_from_the_third_attempt_on(month: Export) -> None:
    assert is_behind()
    Delivery.objects.filter(place=Place.S3).update(attempts=2)
    assert not is_behind()
