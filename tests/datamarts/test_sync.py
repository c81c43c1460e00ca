"""Reading the referentials (PLATFORM §8), whole, and keeping what is gone."""

import pytest

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.datamarts.models import Compartment, Datamart, Processing
from consentadmin.datamarts.queries import compartments
from consentadmin.datamarts.services import pause_sending
from consentadmin.datamarts.syncing import sync, sync_all
from consentadmin.mediarithmics.errors import Denied, Garbled, TokenRefused
from consentadmin.sandbox.catalogue import PROCESSINGS
from consentadmin.sandbox.people import ARCHIVED_PROCESSING, CUSTOMERS, FOREIGN_DATAMART, NAMELESS
from tests import factories
from tests.fixtures.liar import Liar, html
from tests.fixtures.sandbox import RunningSandbox


def test_it_reads_every_page_of_processings(datamart: Datamart) -> None:
    known = Processing.objects.filter(datamart=datamart)
    assert {p.platform_id for p in known} == {p.id for p in PROCESSINGS}
    assert known.get(platform_id=ARCHIVED_PROCESSING).is_archived


def test_it_puts_the_default_compartment_first_and_names_the_nameless(datamart: Datamart) -> None:
    found = compartments(datamart)
    assert found[0].platform_id == CUSTOMERS
    assert next(c for c in found if c.platform_id == NAMELESS).name == "legacy-crm"


def test_it_finds_the_community_by_the_organisation(datamart: Datamart) -> None:
    assert (datamart.organisation_id, datamart.community_id) == ("1126", "1126")
    assert datamart.time_zone == "Europe/Paris"
    assert datamart.synced_at


def test_what_is_no_longer_listed_is_kept_and_marked(datamart: Datamart) -> None:
    Processing.objects.create(datamart=datamart, platform_id="1", name="Long gone")
    Compartment.objects.create(datamart=datamart, platform_id="2", name="Closed")
    assert sync(datamart=datamart).gone == 2
    assert Processing.objects.get(datamart=datamart, platform_id="1").gone_at


def test_what_comes_back_is_no_longer_gone(datamart: Datamart) -> None:
    Processing.objects.filter(platform_id="3401").update(gone_at="2020-01-01T00:00Z", name="?")
    sync(datamart=datamart)
    assert Processing.objects.get(platform_id="3401").gone_at is None
    assert Processing.objects.get(platform_id="3401").name == "Newsletter by e-mail"


def test_a_failure_is_kept_told_and_recorded(lying_datamart: Datamart, liar: Liar) -> None:
    liar.on("GET", "/processings", html(200))
    with pytest.raises(Garbled):
        sync(datamart=lying_datamart)
    lying_datamart.refresh_from_db()
    assert lying_datamart.sync_failed_at
    assert "understood" in lying_datamart.sync_failure
    assert Entry.objects.filter(action=Action.DATAMART_SYNCED, outcome=Outcome.FAILED).exists()


def test_a_failure_leaves_what_was_known(lying_datamart: Datamart, liar: Liar) -> None:
    liar.on("GET", "/channels", html(500))
    sync_all()
    assert Processing.objects.filter(datamart=lying_datamart, gone_at=None).count() == len(
        PROCESSINGS
    )


def test_a_foreign_datamart_is_denied(db: None, sandbox: RunningSandbox) -> None:
    with pytest.raises(Denied):
        factories.datamart(sandbox, FOREIGN_DATAMART, "Not ours")


def test_a_wrong_token_is_refused(datamart: Datamart, sandbox: RunningSandbox) -> None:
    moved = factories.moved(datamart, sandbox.base_url, "not the token")
    with pytest.raises(TokenRefused):
        sync(datamart=moved)


def uses() -> int:
    return Entry.objects.filter(action=Action.TOKEN_USED).count()


def test_an_api_token_is_told_once_when_the_platform_first_accepts_it(datamart: Datamart) -> None:
    assert uses() == 1
    sync(datamart=datamart)
    assert uses() == 1


def test_an_api_token_is_told_again_after_it_was_refused(datamart: Datamart) -> None:
    pause_sending(datamart=datamart, why="The platform refuses the API token.")
    for _ in range(2):
        sync(datamart=datamart)
    assert uses() == 2


def test_a_token_that_is_refused_is_not_told_as_used(lying_datamart: Datamart, liar: Liar) -> None:
    before = uses()
    liar.on("GET", "/processings", html(200))
    with pytest.raises(Garbled):
        sync(datamart=lying_datamart)
    assert uses() == before
