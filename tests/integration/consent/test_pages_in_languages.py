"""The pages of a mail speak the language of whoever got it, in the name of whoever sent it."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from leadflow.campaigns.definitions.language import LANGUAGES, Language, spoken
from leadflow.campaigns.tables import CampaignMessage
from leadflow.consent.links import preferences_url, unsubscribe_url
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.recipients.words import words
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings
from tests.integration.campaigns.running import STEPS, enrol, launch, sweep
from tests.integration.consent.said import NOW, lead, say

FORM = {"chosen": "yes", "wants": ["marketing", "service"]}


@pytest.fixture(autouse=True)
def sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "sender_name", "Ben & Co")


@pytest.fixture
def ada(anonymous: TestClient) -> str:
    with unit_of_work() as session:
        made = lead(session, "ada@example.com")
        say(session, made.id, (True, "double_opt_in", NOW))
        return made.id


def mailed(lead_id: str, language: str) -> str:
    """The lead has been sent a mail of a campaign in this language."""
    launch(STEPS[:1], language=language)
    enrol(lead_id)
    sweep()
    with unit_of_work() as session:
        return session.scalars(select(CampaignMessage.id)).one()


def test_a_page_is_in_the_language_of_its_campaign_and_bears_the_sender(
    anonymous: TestClient, ada: str
) -> None:
    message = mailed(ada, "de")
    page = anonymous.get(unsubscribe_url("", ada, "marketing", message)).text
    assert '<html lang="de">' in page
    assert "Keine Werbung mehr per E-Mail?" in page
    assert "<strong>Ben &amp; Co</strong>" in page
    assert "Leadflow" not in page
    done = anonymous.post(unsubscribe_url("", ada, "marketing", message)).text
    assert "Sie bekommen keine Werbung mehr per E-Mail" in done
    assert "Speichern" in anonymous.get(preferences_url("", ada, "marketing", message)).text


@pytest.mark.parametrize(
    ("own", "expected"),
    [("fr-CA", "fr"), ("pl_PL", "pl"), ("NL", "nl"), ("Klingon", "de"), (None, "de")],
)
def test_a_language_that_a_lead_has_wins_where_it_is_spoken(
    anonymous: TestClient, ada: str, own: str | None, expected: str
) -> None:
    message = mailed(ada, "de-AT")
    with unit_of_work() as session:
        session.get_one(Lead, ada).attributes = {} if own is None else {"language": own}
    page = anonymous.get(preferences_url("", ada, "marketing", message)).text
    assert f'<html lang="{expected}">' in page


def test_who_has_said_no_is_told_that_it_is_done_and_may_come_back(
    anonymous: TestClient, ada: str
) -> None:
    address, choose = (
        make("", ada, "marketing", "k") for make in (unsubscribe_url, preferences_url)
    )
    assert "<button>" in anonymous.get(address).text
    anonymous.post(address)
    again = anonymous.get(address).text
    assert "That is done already." in again
    assert "<button>" not in again
    assert choose in again
    # No to one kind is no to that alone.
    assert "<button>" in anonymous.get(unsubscribe_url("", ada, "service", "k")).text
    anonymous.post(choose, data=FORM)
    assert "<button>" in anonymous.get(address).text


def test_whoever_is_deleted_reads_the_language_of_the_mail_and_is_offered_no_choice(
    anonymous: TestClient, ada: str
) -> None:
    address = unsubscribe_url("", ada, "marketing", "k", "hash", "de-AT")
    with unit_of_work() as session:
        session.delete(session.get_one(Lead, ada))
    page = anonymous.post(address).text
    assert '<html lang="de">' in page
    assert "Sie bekommen keine Werbung mehr" in page
    assert "/preferences/" not in page
    assert words("de", "Ben & Co")["back"] not in page
    # A mail of before does not say its language.
    before = unsubscribe_url("", ada, "marketing", "k")
    asked = {"accept-language": "sv, fr-CA;q=0.5, en;q=0.2"}
    assert '<html lang="fr">' in anonymous.get(before, headers=asked).text


@pytest.mark.parametrize(
    ("asked", "language"),
    [("de-AT,de;q=0.9,en;q=0.8", "de"), ("en;q=0.1, pl", "pl"), ("sv", "en"), (";;q=x", "en")],
)
def test_a_damaged_link_is_told_in_the_language_that_the_browser_asks_for(
    anonymous: TestClient, asked: str, language: Language
) -> None:
    answer = anonymous.get("/unsubscribe/damaged", headers={"accept-language": asked})
    assert answer.status_code == 404
    assert f'<html lang="{language}">' in answer.text
    assert words(language, "Ben & Co")["no_link"] in answer.text


def test_who_has_not_agreed_to_marketing_has_not_said_no_to_it(anonymous: TestClient) -> None:
    with unit_of_work() as session:
        made = lead(session, "ben@example.com").id
    assert "<button>" in anonymous.get(unsubscribe_url("", made, "marketing", "k")).text


def test_every_language_says_all_there_is_to_say() -> None:
    names = [set(words(language, "Ben & Co")) for language in LANGUAGES]
    assert all(one == names[0] for one in names)
    for language in LANGUAGES:
        said = words(language, "Ben & Co")
        assert all(one.strip() and "{" not in one for one in said.values())
        assert "Ben & Co" in said["press"]
        assert "Ben & Co" in said["why_legal"]


def test_a_language_is_read_from_its_code_alone() -> None:
    read = [spoken(one) for one in ("DE", "pt_BR", " en-GB ", "Deutsch", "denmark", "", None, 7)]
    assert read == ["de", "pt", "en", None, None, None, None, None]
