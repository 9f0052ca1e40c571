"""Opens and clicks are heard by sealed links that lead where the content says, people's apart from
machines', and nothing is kept of who it was."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from leadflow.campaigns.dispatch.writing import write
from leadflow.campaigns.feedback.figures import figures_of
from leadflow.campaigns.feedback.pausing import Bounds
from leadflow.campaigns.feedback.tables import MessageEvent, MessageVisit
from leadflow.campaigns.feedback.tokens import Visited, read_token, token_of
from leadflow.campaigns.feedback.visits import note_visits
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.email.tracking import HONEYPOT, OPEN
from leadflow.consent.links import LinkUnknown, unsubscribe_url
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import LeadEvent
from leadflow.settings import get_settings
from tests.integration.campaigns.feedback.noting import sent
from tests.integration.campaigns.running import NAME, STEPS, enrol, launch, sweep
from tests.integration.workflow import acting

BODY = """<mj-section><mj-column><mj-text>
<a href="https://example.com/a?x=1&amp;y=2">one</a> <a href="https://example.com/b">two</a>
<a href="https://example.com/c">three</a> <a href="{{ unsubscribe_url }}">no more</a>
</mj-text></mj-column></mj-section>"""
CONTENTS = {"hello": {"subject": "Hello", "body": BODY}}
SOMEBODY = {"user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0 Safari/537.36"}


@pytest.fixture
def message(store: Engine) -> str:
    return sent(1, contents=CONTENTS)[0]


def follow(client: TestClient, message: str, link: int, method: str = "GET") -> str | int:
    address = f"/c/{token_of(message, 1, link)}"
    answer = client.request(method, address, headers=SOMEBODY, follow_redirects=False)
    return answer.headers.get("location", answer.status_code)


def noted() -> dict[tuple[str, str | None], int | None]:
    """What was noted once it could be judged: kind, why it was a machine, and which link."""
    with unit_of_work() as session:
        later = datetime.now(UTC) + timedelta(seconds=11)
        note_visits(session, Bounds.of(get_settings()), later)
        assert session.scalars(select(MessageVisit)).all() == []
        rows = select(MessageEvent.kind, MessageEvent.machine, MessageEvent.link)
        return {(kind, machine): link for kind, machine, link in session.execute(rows)}


def test_a_link_leads_where_its_content_says_and_is_an_event_of_the_lead(
    anonymous: TestClient, message: str
) -> None:
    assert follow(anonymous, message, 1) == "https://example.com/a?x=1&y=2"
    picture = anonymous.get(f"/o/{token_of(message, 1, OPEN)}.gif", headers=SOMEBODY)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/gif")
    assert noted() == {("opened", None): None, ("clicked", None): 1}
    with unit_of_work() as session:
        assert set(session.scalars(select(LeadEvent.type))) == {"email_open", "email_click"}


def test_what_machines_do_is_no_event_of_the_lead(anonymous: TestClient, message: str) -> None:
    anonymous.get(f"/o/{token_of(message, 1, OPEN)}.gif", headers={"user-agent": "Mozilla/5.0"})
    assert follow(anonymous, message, 1) == "https://example.com/a?x=1&y=2"
    assert follow(anonymous, message, HONEYPOT) == 204
    assert set(noted()) == {
        ("clicked", "honeypot"),
        ("opened", "prefetch"),
    }
    with unit_of_work() as session:
        assert session.scalars(select(LeadEvent.type)).all() == []
        found = figures_of(session, NAME)
    assert (found["opened_by_machine"], found["clicked_by_machine"]) == (1, 1)


def test_who_asks_for_the_head_alone_is_answered_and_leaves_no_trace(
    anonymous: TestClient, message: str
) -> None:
    assert follow(anonymous, message, 1, "HEAD") == "https://example.com/a?x=1&y=2"
    assert follow(anonymous, message, HONEYPOT, "HEAD") == 204
    assert anonymous.head(f"/o/{token_of(message, 1, OPEN)}.gif").status_code == 200
    assert noted() == {}


def test_an_opt_out_by_the_link_of_a_mail_is_counted_once(
    anonymous: TestClient, message: str
) -> None:
    with unit_of_work() as session:
        lead = session.get_one(CampaignMessage, message).lead_id
    address = unsubscribe_url("", lead, "service", message)
    for _ in range(2):
        assert anonymous.post(address).status_code == 200
    assert set(noted()) == {("unsubscribed", None)}
    with unit_of_work() as session:
        assert figures_of(session, NAME)["unsubscribed"] == 1


def test_a_token_that_is_not_ours_leads_nowhere(anonymous: TestClient, message: str) -> None:
    token = token_of(message, 1, 1)
    other = "A" if token[-1] != "A" else "B"
    for wrong in (token[:-1] + other, token[:-4], "x" * 36, "ü" * 36, f"{token}AAAA"):
        answer = anonymous.get(f"/c/{wrong}", follow_redirects=False)
        assert answer.status_code == 404
        assert "This link does not work" in answer.text
    assert follow(anonymous, message, 9) == 404
    assert follow(anonymous, "msg_" + "0" * 28, 1) == 404
    assert anonymous.get("/o/nothing.gif").status_code == 404
    with unit_of_work() as session:
        assert session.scalars(select(MessageVisit)).all() == []


def test_a_token_is_read_only_as_it_was_made(store: Engine) -> None:
    message = "msg_01a22c27c1d5be24bca3deca26b9"
    assert read_token(token_of(message, 1, 7)).message_id == message
    assert read_token(token_of(message, 300, 7)) == Visited(message, 300, 7)
    assert len(token_of(message, 1, 7)) == 36
    with pytest.raises(LinkUnknown):
        read_token(token_of(message, 1, 7).swapcase())


def mail_of(message: str) -> str:
    with unit_of_work() as session:
        return write(session, [message], get_settings(), datetime.now(UTC)).mails[message].mail.html


def test_only_marketing_is_followed_and_only_where_that_is_set(
    store: Engine, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "tracking", "all")
    assert "https://example.com/b" in mail_of(message)
    assert "/c/" not in mail_of(message)
    launch(STEPS[:1], "promo", purpose="marketing", contents=CONTENTS)
    enrol(acting.take(email="ada@example.com"), "promo")
    sweep()
    with unit_of_work() as session:
        is_marketing = CampaignMessage.purpose == "marketing"
        other = session.scalars(select(CampaignMessage.id).where(is_marketing)).one()
    html = mail_of(other)
    tokens = re.findall(r"/c/([\w-]{36})", html)
    assert [read_token(one).link for one in tokens] == [1, 2, 3, HONEYPOT]
    assert "https://example.com/b" not in html
    assert html.count(".gif") == 1
    monkeypatch.setattr(get_settings(), "tracking", "off")
    assert "https://example.com/b" in mail_of(other)
