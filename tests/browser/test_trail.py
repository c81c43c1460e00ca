"""The trail at work: search, an entry and its proof, a bundle a stranger verifies, the alarm."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pyarrow.parquet
import pytest
from playwright.sync_api import expect

from consentadmin.local.house import House
from consentadmin.sandbox.people import MARIE, Person
from tests.browser.axe import faults_of
from tests.browser.conftest import SitDown
from tests.browser.desk import Desk, name_of


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    """An officer's."""
    return sit_down("officer")


def look_up(desk: Desk, person: Person, case: str) -> None:
    """Look a person up for a case of this test's own."""
    desk.type_in(name_of(person))
    desk.page.get_by_label("Reason").select_option("call")
    desk.page.get_by_label("Case reference").fill(case)
    desk.page.get_by_role("button", name="Look up").click()
    desk.page.wait_for_url("**/person/*")


def export(desk: Desk, folder: Path) -> Path:
    """Export what the trail's page shows, wait until it is written, and download it."""
    desk.page.get_by_role("button", name="Export these entries").click()
    line = desk.page.locator(".export").first
    expect(line).to_contain_text("Ready:")
    with desk.page.expect_download() as download:
        line.get_by_role("button", name="Download").click()
    download.value.save_as(folder / "bundle.zip")
    return folder / "bundle.zip"


def test_entries_are_searched_counted_and_the_filters_saved(desk: Desk, somebody: Person) -> None:
    look_up(desk, somebody, "C-search")
    desk.go("/trail")
    desk.page.get_by_label("Case reference").fill("C-search")
    desk.page.get_by_role("button", name="Show").click()
    entries = desk.page.get_by_role("list", name="Entries, newest first")
    expect(entries.get_by_text("You looked this person up.")).to_have_count(1)
    expect(desk.page.locator("#activity")).to_contain_text("entries from")
    desk.page.get_by_label("Save these filters as").fill("A case")
    desk.page.get_by_role("button", name="Save").click()
    desk.page.get_by_role("link", name="Remove the filter Case reference").click()
    expect(desk.page.get_by_role("list", name="Active filters")).to_have_count(0)
    desk.page.get_by_role("link", name="A case").click()
    expect(desk.page.get_by_role("list", name="Active filters")).to_contain_text("C-search")
    desk.page.get_by_role("button", name="Delete the saved filters “A case”").click()
    expect(desk.page.get_by_role("link", name="A case")).to_have_count(0)


def test_an_export_is_written_downloaded_and_verified_by_the_file_in_it(
    desk: Desk, house: House, somebody: Person, tmp_path: Path
) -> None:
    look_up(desk, somebody, "C-export")
    desk.go("/trail?case=C-export")
    with zipfile.ZipFile(export(desk, tmp_path)) as bundle:
        bundle.extractall(tmp_path / "bundle")
    key = (house.var / "checkpoints" / "keys").read_text().split()[0]
    verifier = [sys.executable, str(tmp_path / "bundle" / "verify_bundle.py")]
    words = [*verifier, str(tmp_path / "bundle.zip"), "--key", key]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "C-export" in (tmp_path / "bundle" / "entries.csv").read_text()


def test_an_export_in_parquet_holds_what_the_page_shows(
    desk: Desk, somebody: Person, tmp_path: Path
) -> None:
    look_up(desk, somebody, "C-parquet")
    desk.go("/trail?case=C-parquet")
    desk.page.get_by_label("As JSON Lines and").select_option("parquet")
    assert faults_of(desk.page) == []
    with zipfile.ZipFile(export(desk, tmp_path)) as bundle:
        bundle.extract("entries.parquet", tmp_path)
        assert "entries.csv" not in bundle.namelist()
    found = pyarrow.parquet.read_table(tmp_path / "entries.parquet")
    assert set(found["case"].to_pylist()) == {"C-parquet"}


def test_an_entry_tells_its_place_and_its_proof(
    desk: Desk, somebody: Person, tmp_path: Path
) -> None:
    look_up(desk, somebody, "C-proof")
    desk.go("/trail?case=C-proof&action=person.looked-up")
    export(desk, tmp_path)  # has a checkpoint signed now
    desk.go("/trail?case=C-proof&action=person.looked-up")
    desk.page.locator(".entry-all summary").click()
    desk.page.get_by_role("link", name="Its place in the trail").click()
    proof = desk.page.get_by_role("region", name="Proof of inclusion")
    expect(proof).to_contain_text("c2sp.org/tlog-proof@v1")
    assert faults_of(desk.page) == []
    here = desk.page.url
    desk.page.get_by_role("link", name="The entry after").click()
    desk.page.get_by_role("link", name="The entry before").click()
    expect(desk.page).to_have_url(here)


def test_who_consulted_a_person_is_told_without_names(desk: Desk) -> None:
    desk.open(MARIE)
    desk.page.get_by_role("link", name="Who consulted this person").click()
    row = desk.page.get_by_role("row").nth(1)
    expect(row).to_contain_text("The person is on the line or has written")
    expect(row).not_to_contain_text("Officer")
    assert faults_of(desk.page) == []
    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="All of it as a file").click()
    assert "Purpose" in Path(download.value.path()).read_text()


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}])
def test_entries_over_time_are_a_page_of_their_own(
    sit_down: SitDown, options: dict[str, bool]
) -> None:
    desk = sit_down("auditor", **options)
    desk.go("/trail?outcome=done")
    if options:
        desk.page.get_by_role("link", name="Count the entries over time").click()
    else:
        expect(desk.page.locator("#activity svg")).to_be_visible()
        desk.go("/trail/activity?outcome=done")
    desk.page.locator("main summary").click()
    expect(desk.page.get_by_role("table")).to_be_visible()
    if not options:
        assert faults_of(desk.page) == []


@contextmanager
def tampered(house: House) -> Iterator[None]:
    """Have a verification tell of tampering, and a later one that all is well."""
    verdict = "INSERT INTO audit_verification (size, is_sound, first_bad, entry, why, seconds)"
    with psycopg.connect(house.wiring.database_url, autocommit=True) as database:
        database.execute(f"{verdict} VALUES (9, false, 4, 5, 'it was deleted', 0.1)".encode())
        try:
            yield
        finally:
            database.execute(f"{verdict} VALUES (9, true, NULL, NULL, '', 0.1)".encode())


@pytest.mark.parametrize(
    ("role", "path", "is_told"),
    [("auditor", "/trail", True), ("officer", "/look-up", True), ("agent", "/look-up", False)],
)
def test_a_trail_that_was_tampered_with_is_an_alarm_for_who_relies_on_it(
    house: House, sit_down: SitDown, role: str, path: str, *, is_told: bool
) -> None:
    desk = sit_down(role)
    with tampered(house):
        desk.go(path)
        alarm = desk.page.get_by_role("region", name="The trail is not as it was sealed")
        expect(alarm).to_have_count(1 if is_told else 0)
        assert faults_of(desk.page) == []
    desk.page.reload()
    expect(alarm).to_have_count(0)


def test_exports_pass_axe(desk: Desk) -> None:
    desk.go("/trail")
    desk.page.get_by_role("button", name="Export these entries").click()
    expect(desk.page.locator(".export").first).to_contain_text("Ready:")
    assert faults_of(desk.page) == []
    desk.go("/trail")
    expect(desk.page.locator("#activity svg")).to_be_visible()
    assert faults_of(desk.page) == []
