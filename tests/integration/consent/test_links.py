"""People say no by the link in a mail: at once, without signing in, and nobody for them."""

from datetime import UTC, datetime
from http.client import HTTPConnection

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from leadflow.audit.queue import put_into_chain
from leadflow.audit.tables import AuditEntry
from leadflow.consent.links import (
    Link,
    LinkUnknown,
    preferences_url,
    read_token,
    token_of,
    unsubscribe_url,
)
from leadflow.consent.may_send import may_send
from leadflow.consent.tables import ConsentEvent, Suppression
from leadflow.database.engine import unit_of_work
from leadflow.intake.deleting import delete_lead
from leadflow.leads.service import email_index_of
from leadflow.leads.tables import ChangedLead, Lead, LeadEvent
from tests.gateways import listening
from tests.integration.consent.said import NOW, lead, say

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
FORM = {"chosen": "yes"}


@pytest.fixture
def ada(anonymous: TestClient) -> str:
    """A lead that has agreed to marketing."""
    with unit_of_work() as session:
        made = lead(session, "ada@example.com")
        say(session, made.id, (True, "double_opt_in", NOW))
        return made.id


def why(lead_id: str, purpose: str = "marketing") -> str | None:
    with unit_of_work() as session:
        found = may_send(session, [lead_id], purpose, "email", datetime.now(UTC))[lead_id]  # type: ignore[arg-type]
    return None if found is None else found.name


def count(table: type) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_one_click_ends_mail_of_its_kind_at_once_and_twice_is_once(
    anonymous: TestClient, ada: str
) -> None:
    link = unsubscribe_url("", ada, "marketing", "spring/1")
    for sent in (
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {},
    ):
        answer = anonymous.post(link, **sent)
        assert (answer.status_code, "You get no more" in answer.text) == (200, True)
        assert not answer.cookies
        assert [why(ada), why(ada, "service")] == ["opted_out", None]
    assert count(ConsentEvent) == 2
    with unit_of_work() as session:
        event = session.scalars(select(LeadEvent)).one()
        assert (event.lead_id, event.type) == (ada, "unsubscribe")
        assert session.get(ChangedLead, ada) is not None
        said = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id)).all()[-1]
        assert (said.evidence, said.reference) == ("unsubscribe_link", "spring/1")
        put_into_chain(session)
        entries = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == ada))
        assert entries.all() == ["consent.withdrawn"]


def test_a_program_that_opens_links_unsubscribes_nobody(anonymous: TestClient, ada: str) -> None:
    for address in (
        unsubscribe_url("", ada, "marketing", "k"),
        preferences_url("", ada, "marketing", "k"),
    ):
        answer = anonymous.get(address)
        assert (answer.status_code, "<button>" in answer.text) == (200, True)
        assert anonymous.head(address).status_code == 200
    assert why(ada) is None


def test_a_program_that_asks_for_heads_is_answered_on_its_connection(store: Engine) -> None:
    with unit_of_work() as session:
        made = lead(session, "ada@example.com").id
        say(session, made, (True, "double_opt_in", NOW))
    addresses = {
        unsubscribe_url("", made, "marketing", "k"): 200,
        preferences_url("", made, "marketing", "k"): 200,
        "/unsubscribe/abc": 404,
        "/preferences/abc": 404,
        "/c/abc": 404,
        "/o/abc.gif": 404,
        "/leads": 401,
    }
    with listening() as there:
        connection = HTTPConnection(there.removeprefix("http://"), timeout=10)
        connection.connect()
        kept = connection.sock
        for address, status in addresses.items():
            answered = []
            for method in ("HEAD", "GET"):
                connection.request(method, address)
                answer = connection.getresponse()
                length = answer.headers["Content-Length"]
                answered.append((answer.status, length, len(answer.read())))
            size = int(answered[1][1])
            assert answered == [(status, str(size), 0), (status, str(size), size)], address
            assert connection.sock is kept, address
        connection.close()
    assert why(made) is None


def test_people_choose_by_purpose_and_choose_again(anonymous: TestClient, ada: str) -> None:
    page = preferences_url("", ada, "legal", "k")
    assert anonymous.get(page).text.count("checked") == 2
    anonymous.post(page, data=FORM | {"wants": ["marketing", "service"]})
    assert count(ConsentEvent) == 1
    answer = anonymous.post(page, data=FORM | {"wants": "service"})
    assert ("Saved" in answer.text, answer.text.count("checked")) == (True, 1)
    assert [why(ada), why(ada, "service")] == ["opted_out", None]
    anonymous.post(page, data=FORM)
    assert [why(ada), why(ada, "service")] == ["opted_out", "opted_out"]
    anonymous.post(page, data=FORM | {"wants": ["marketing", "service"]})
    assert [why(ada), why(ada, "service")] == [None, None]


def test_a_request_without_the_form_of_the_page_changes_nothing(
    anonymous: TestClient, ada: str
) -> None:
    answer = anonymous.post(preferences_url("", ada, "marketing", "k"), data=ONE_CLICK)
    assert (answer.status_code, answer.text.count("checked"), why(ada)) == (200, 2, None)


def test_a_link_that_is_not_ours_says_what_to_do(anonymous: TestClient, ada: str) -> None:
    token = token_of(Link(ada, "marketing", "k"))
    for wrong in (token[:-2], token[2:], "x", "é", "A" * 900, token[:-1] + "!"):
        for path in ("unsubscribe", "preferences"):
            for method in ("GET", "POST"):
                answer = anonymous.request(method, f"/{path}/{wrong}")
                assert (answer.status_code, "from the mail once more" in answer.text) == (404, True)
    assert why(ada) is None


def test_a_link_names_nobody_and_is_read_as_it_was_made(ada: str) -> None:
    link = Link(ada, "service", "spring/mail_1")
    assert read_token(token_of(link)) == link
    with pytest.raises(LinkUnknown):
        read_token(token_of(link)[:-4])
    with pytest.raises(ValueError, match="up to 200"):
        token_of(Link(ada, "service", "a|b"))
    with pytest.raises(ValueError, match="preferences_url"):
        unsubscribe_url("", ada, "legal", "k")


def test_the_link_of_a_merged_lead_counts_for_the_one_that_stands_for_it(
    anonymous: TestClient, ada: str
) -> None:
    with unit_of_work() as session:
        other = lead(session, "a@example.com").id
        session.get_one(Lead, other).merged_into = ada
    anonymous.post(unsubscribe_url("", other, "marketing", "k"))
    assert why(ada) == "opted_out"
    with unit_of_work() as session:
        assert session.scalars(select(LeadEvent.lead_id)).all() == [ada]


def test_the_link_of_a_lead_that_is_gone_still_says_that_no_mail_comes(
    anonymous: TestClient, ada: str
) -> None:
    link, page = (make("", ada, "marketing", "k") for make in (unsubscribe_url, preferences_url))
    with unit_of_work() as session:
        session.delete(session.get_one(Lead, ada))
    assert "You get no more" in anonymous.post(link).text
    assert "do not know your address" in anonymous.get(page).text
    assert "do not know your address" in anonymous.post(page, data=FORM | {"wants": "service"}).text


def suppressed() -> set[str]:
    with unit_of_work() as session:
        return set(session.scalars(select(Suppression.address_index)))


def test_a_no_counts_for_the_mailbox_that_got_the_mail(anonymous: TestClient, ada: str) -> None:
    before, after = email_index_of("ada@example.com"), email_index_of("ada@new.example")
    link = unsubscribe_url("", ada, "marketing", "k", before)
    with unit_of_work() as session:
        made = session.get_one(Lead, ada)
        made.email, made.email_index = "ada@new.example", after
    anonymous.post(link)
    assert suppressed() == {before, after}


def test_a_no_counts_though_the_lead_has_been_deleted(anonymous: TestClient, ada: str) -> None:
    index = email_index_of("ada@example.com")
    link = unsubscribe_url("", ada, "marketing", "k", index)
    with unit_of_work() as session:
        delete_lead(session, ada, "test")
    anonymous.post(link)
    assert suppressed() == {index}
    with unit_of_work() as session:
        again = lead(session, "ada@example.com")
        say(session, again.id, (True, "form", NOW))
        new = again.id
    assert why(new) == "opted_out"
