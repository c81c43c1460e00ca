"""What can't be meant is told at its field, and what was typed is kept."""

from playwright.sync_api import expect

from consentadmin.sandbox.people import MARIE
from tests.browser.conftest import SitDown


def test_a_look_up_without_a_reason_is_refused_at_that_field(sit_down: SitDown) -> None:
    desk = sit_down("agent")
    desk.type_in(MARIE.emails[0])
    desk.ask(reason="")
    reason = desk.page.get_by_label("Reason")
    expect(reason).to_be_focused()
    expect(reason).to_have_accessible_description("This field is required.")
    expect(desk.page.get_by_label("Anything that names")).to_have_value(MARIE.emails[0])
    expect(desk.page.get_by_label("Case reference")).to_have_value("C-0142")


def test_a_reason_told_in_the_note_wants_a_note(sit_down: SitDown) -> None:
    desk = sit_down("agent")
    desk.type_in(MARIE.emails[0])
    desk.ask(reason="other")
    expect(desk.page.get_by_label("Note")).to_be_focused()
    expect(desk.page.get_by_label("Note")).to_have_accessible_description("Tell the reason here.")
    expect(desk.page.get_by_label("Reason")).to_have_value("other")


def test_a_text_that_can_name_nobody_is_told_while_typing(sit_down: SitDown) -> None:
    desk = sit_down("agent")
    expect(desk.type_in("x" * 600)).to_have_text("This can't name a person.")
    desk.ask()
    expect(desk.page.get_by_label("Anything that names")).to_be_focused()
    expect(desk.page.get_by_role("main")).to_contain_text("at most 512 characters")


def test_a_choice_in_the_future_is_refused_and_all_that_was_typed_kept(sit_down: SitDown) -> None:
    desk = sit_down("agent")
    desk.open(MARIE)
    line = desk.line("3405")
    line.open_form()
    line.fill("Objected", cause="correction", Note="Her letter", When="2050-01-01T10:00")
    line.work.get_by_label("Value of the custom field").first.fill("form-12")
    line.work.get_by_label("Name of the custom field").first.fill("form")
    line.work.get_by_role("button", name="Review").click()
    when = line.work.get_by_label("When")
    expect(when).to_be_focused()
    expect(line.work).to_contain_text("can't have been made in the future")
    expect(when).to_have_value("2050-01-01T10:00")
    expect(line.work.get_by_label("Objected", exact=True)).to_be_checked()
    expect(line.work.get_by_label("Cause")).to_have_value("correction")
    expect(line.work.get_by_label("Note")).to_have_value("Her letter")
    expect(line.work.get_by_label("Name of the custom field").first).to_have_value("form")
    expect(line.work.get_by_label("Value of the custom field").first).to_have_value("form-12")


def test_a_form_left_empty_says_what_it_needs(sit_down: SitDown) -> None:
    desk = sit_down("agent")
    desk.open(MARIE)
    line = desk.line("3405")
    line.open_form()
    line.work.get_by_role("button", name="Review").click()
    expect(line.work).to_contain_text("Choose one.")
    expect(line.work.get_by_label("Objected", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(line.work.get_by_label("Cause")).to_have_accessible_description(
        "This field is required."
    )


def test_a_custom_field_of_the_platforms_own_is_refused_at_its_row(sit_down: SitDown) -> None:
    desk = sit_down("agent")
    desk.open(MARIE)
    line = desk.line("3405")
    line.open_form()
    line.fill("Objected")
    name = line.work.get_by_label("Name of the custom field").first
    name.fill("$choice_ts")
    line.work.get_by_label("Value of the custom field").first.fill("1")
    line.work.get_by_role("button", name="Review").click()
    expect(name).to_have_accessible_description("Names that begin with $ belong to the platform.")
    expect(name).to_have_value("$choice_ts")


def test_an_identifier_never_seen_is_told_beside_the_trails_box(sit_down: SitDown) -> None:
    desk = sit_down("auditor")
    desk.go("/trail")
    box = desk.page.get_by_label("with this identifier")
    box.fill("never-seen-here")
    desk.page.get_by_role("button", name="Find the person's entries").click()
    expect(desk.page.get_by_role("main")).to_contain_text("Nobody was ever looked up here")
    expect(box).to_have_value("never-seen-here")
