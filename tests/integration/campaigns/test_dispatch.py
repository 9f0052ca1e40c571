"""Messages are handed over once, to nobody who said no, and none is lost without a word."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from leadflow.campaigns.dispatch import claiming, handing, listing
from leadflow.campaigns.dispatch.sending import (
    AT_ONCE,
    Dispatched,
    dispatch_some,
    messages_are_due,
)
from leadflow.campaigns.dispatch.writing import write
from leadflow.campaigns.store import service
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.email.outgoing import Outgoing
from leadflow.channels.email.smtp import Server, Smtp
from leadflow.channels.port import Accepted, Refused, Result, Uncertain
from leadflow.consent.tables import Suppression
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.follow_ups.tags import tag
from leadflow.integrations.notifications.mailbox import folder_of, serve
from leadflow.settings import get_settings
from tests.integration.campaigns.running import NAME, STEPS, enrol, launch, mails_into, sweep
from tests.integration.campaigns.test_campaigns_run import say
from tests.integration.workflow import acting


@dataclass
class Channel:
    """Answers each mail as it is told, and keeps what it was given."""

    answer: Result = field(default_factory=lambda: Accepted("ok"))
    given: list[Outgoing] = field(default_factory=list)
    name: str = "smtp:here"
    resend_within: timedelta | None = None

    def send_many(self, mails: Sequence[Outgoing]) -> list[Result]:
        self.given += mails
        return [self.answer for _ in mails]

    def close(self) -> None:
        return


class Killed(RuntimeError):
    """The process ends here."""


class Breaking(Channel):
    """Takes the mails, and the process ends before it hears so."""

    def send_many(self, mails: Sequence[Outgoing]) -> list[Result]:
        self.given += mails
        raise Killed


def dispatch(channel: Channel, later: timedelta = timedelta()) -> Dispatched:
    return dispatch_some(get_engine(), get_settings(), channel, datetime.now(UTC) + later)


def states() -> Counter[str]:
    with unit_of_work() as session:
        return Counter(session.scalars(select(CampaignMessage.status)))


@pytest.fixture
def due(store: Engine) -> list[str]:
    """Three leads, each with a message that is due."""
    launch(STEPS[:1])
    leads = [acting.take(email=f"{name}@example.com", first_name=name) for name in ("Ada", "Bo")]
    leads.append(acting.take(email="cy@example.com"))
    for lead in leads:
        enrol(lead)
    assert sweep().planned == 3
    return leads


@pytest.fixture
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The local mail server."""
    mails_into(tmp_path, monkeypatch)
    server = serve(get_settings())
    yield folder_of(get_settings())
    server.stop()


def test_every_message_arrives_once_with_what_is_known_of_its_lead(
    due: list[str], mailbox: Path
) -> None:
    server = Server(get_settings().host, get_settings().smtp_port, security="none")
    with closing(Smtp(server)) as smtp:
        found = dispatch_some(get_engine(), get_settings(), smtp, datetime.now(UTC))
        again = dispatch_some(get_engine(), get_settings(), smtp, datetime.now(UTC))
    assert (found.ends["accepted"], again.claimed) == (3, 0)
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in mailbox.glob("*.eml")
    ]
    assert sorted(mail["to"].addresses[0].addr_spec for mail in mails) == [
        "ada@example.com",
        "bo@example.com",
        "cy@example.com",
    ]
    with unit_of_work() as session:
        ids = set(session.scalars(select(CampaignMessage.id)))
    assert {mail["message-id"].partition("@")[0].strip("<") for mail in mails} == ids
    body = mails[0].get_body(("plain",))
    assert body is not None
    assert "/unsubscribe/" in body.get_content()
    assert states() == {"accepted": 3}


def test_a_broken_round_leaves_uncertain_messages_that_are_not_sent_again(due: list[str]) -> None:
    channel = Breaking()
    with pytest.raises(Killed):
        dispatch(channel)
    assert states() == {"claimed": 3}
    after = dispatch(Channel(), timedelta(minutes=11))
    assert (after.claimed, after.ends["uncertain"]) == (0, 3)
    assert states() == {"uncertain": 3}
    assert len(channel.given) == 3


def test_whoever_comes_too_late_writes_nothing(due: list[str]) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        claimed = claiming.claim(session, now, 10)
        claiming.release_broken(session, now + timedelta(minutes=11))
    with unit_of_work() as session:
        nothing = dict.fromkeys(claimed.ids)
        assert claiming.hand_over(session, claimed, nothing, {}, "smtp:here", now) == set()
        assert claiming.end(session, claimed, claimed.ids, "accepted", now) == []
    assert states() == {"planned": 3}


def test_a_claim_that_breaks_before_anything_is_handed_over_is_sent_later_and_not_for_ever(
    due: list[str],
) -> None:
    later = timedelta()
    for attempt in range(claiming.MOST_ATTEMPTS):
        with unit_of_work() as session:
            assert len(claiming.claim(session, datetime.now(UTC) + later, 10).ids) == 3
        later += timedelta(minutes=11)
        with unit_of_work() as session:
            claiming.release_broken(session, datetime.now(UTC) + later)
        assert states() == {"planned" if attempt < claiming.MOST_ATTEMPTS - 1 else "failed": 3}
    assert dispatch(Channel(), later).claimed == 0
    with unit_of_work() as session:
        for row in session.scalars(select(CampaignMessage)):
            assert row.why == claiming.NEVER_HANDED_OVER
            assert [one["attempt"] for one in row.story or []] == [1, 2, 3, 4, 5]


def test_whoever_lost_a_claim_while_writing_hands_nothing_over(
    due: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*said: Any) -> Any:
        with unit_of_work() as other:
            claiming.release_broken(other, datetime.now(UTC) + timedelta(minutes=11))
        return write(*said)

    monkeypatch.setattr(handing, "write", slow)
    channel = Channel()
    assert dispatch(channel).claimed == 3
    assert channel.given == []
    assert states() == {"planned": 3}


def test_two_claims_at_once_never_have_the_same_message(due: list[str]) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as one, unit_of_work() as other:
        first, second = claiming.claim(one, now, 2), claiming.claim(other, now, 9)
    assert (len(first.ids), len(second.ids)) == (2, 1)
    assert not set(first.ids) & set(second.ids)


def test_whoever_says_no_after_it_was_planned_gets_nothing(store: Engine) -> None:
    launch(STEPS[:1], purpose="marketing")
    lead = acting.take(email="ada@example.com")
    say(lead, True, "form")
    enrol(lead)
    assert sweep().planned == 1
    say(lead, False, "unsubscribe_link")
    channel = Channel()
    assert dispatch(channel).ends["withheld"] == 1
    assert channel.given == []
    assert states() == {"withheld": 1}


def test_nothing_is_sent_before_what_has_happened_was_looked_at(
    due: list[str], store: Engine
) -> None:
    launch(name="other", exit=[{"name": "bought", "on": ["lead.tagged"]}])
    enrol(due[0], "other")
    sweep()
    with unit_of_work() as session:
        tag(session, [due[0]], ["bought"], "test", datetime.now(UTC))
    channel = Channel()
    assert dispatch(channel).claimed == 3
    sweep()
    assert states() == {"accepted": 3, "cancelled": 1}


def test_a_paused_campaign_sends_nothing(due: list[str]) -> None:
    with unit_of_work() as session:
        service.pause(session, NAME, "test", datetime.now(UTC))
    assert dispatch(Channel()).claimed == 0
    with unit_of_work() as session:
        service.resume(session, NAME, "test", datetime.now(UTC))
    assert dispatch(Channel()).claimed == 3


def test_what_was_surely_not_taken_is_sent_later_and_not_for_ever(due: list[str]) -> None:
    channel = Channel(Refused("transient", 451, "try again"))
    assert dispatch(channel).ends["later"] == 3
    assert dispatch(channel).claimed == 0
    later = timedelta()
    for _ in range(4):
        later += timedelta(hours=2)
        dispatch(channel, later)
    assert states() == {"failed": 3}
    assert dispatch(Channel(), timedelta(days=9)).claimed == 0


def test_an_address_that_does_not_exist_is_written_to_no_more(due: list[str]) -> None:
    dispatch(Channel(Refused("recipient", 550, "no such user")))
    assert states() == {"failed": 3}
    with unit_of_work() as session:
        assert set(session.scalars(select(Suppression.reason))) == {"hard_bounce"}
    enrolled = acting.take(email="dan@example.com")
    enrol(enrolled)
    sweep()
    assert states() == {"failed": 3, "planned": 1}


def test_a_person_settles_what_nobody_knows(due: list[str]) -> None:
    dispatch(Channel(Uncertain("The mail server fell silent.")))
    now = datetime.now(UTC)
    with unit_of_work() as session:
        first, second, _ = listing.page_of_messages(session, "uncertain").items
        listing.settle(session, first.id, "accepted", "test", now)
        listing.settle(session, second.id, "failed", "test", now)
        with pytest.raises(listing.NothingToSettle, match="is accepted"):
            listing.settle(session, first.id, "failed", "test", now)
    assert states() == {"accepted": 1, "failed": 1, "uncertain": 1}


def test_nothing_goes_out_where_sending_is_off(
    due: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, now = get_settings(), datetime.now(UTC)
    with unit_of_work() as session:
        assert messages_are_due(session, settings, now)
        monkeypatch.setattr(settings, "sending", "off")
        assert not messages_are_due(session, settings, now)


def test_what_comes_later_in_a_series_waits_for_what_comes_before(store: Engine) -> None:
    launch([{"step": "one", "send": "hello"}, {"step": "two", "send": "again"}])
    enrol(acting.take(email="ada@example.com"))
    sweep()
    with pytest.raises(Killed):
        dispatch(Breaking())
    first = Channel()
    dispatch(first)
    assert [len(first.given), sorted(states().items())] == [0, [("claimed", 1), ("planned", 1)]]
    # Once it is known what became of the first, the second goes out.
    dispatch(first, timedelta(minutes=20))
    dispatch(first, timedelta(minutes=21))
    assert len(first.given) == 1


def test_a_process_that_ends_leaves_only_those_uncertain_that_it_was_handing_over(
    store: Engine,
) -> None:
    launch(STEPS[:1])
    for number in range(AT_ONCE * 2):
        enrol(acting.take(email=f"n{number}@example.com"))
    sweep()
    with pytest.raises(Killed):
        dispatch(Breaking())
    with unit_of_work() as session:
        handed = CampaignMessage.handed_at.is_not(None)
        assert len(session.scalars(select(CampaignMessage).where(handed)).all()) == AT_ONCE


def test_what_a_person_knows_did_not_arrive_is_sent_again_where_they_say_so(
    store: Engine,
) -> None:
    launch(STEPS[:1])
    enrol(acting.take(email="ada@example.com"))
    sweep()
    dispatch(Channel(Uncertain("silent")))
    with unit_of_work() as session:
        [message] = session.scalars(select(CampaignMessage.id))
        listing.settle(session, message, "planned", "test", datetime.now(UTC))
    again = Channel()
    dispatch(again)
    assert (len(again.given), states()) == (1, {"accepted": 1})
