"""What came back is noted once, in whatever order it is told, with all that follows from it."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import Engine, select, text

from leadflow.campaigns.feedback.figures import figures_by_step, figures_of
from leadflow.campaigns.feedback.months import keep_months
from leadflow.campaigns.feedback.pausing import Bounds, last_pause
from leadflow.campaigns.feedback.tables import MessageEvent
from leadflow.campaigns.feedback.told import Told
from leadflow.campaigns.store import service
from leadflow.campaigns.tables import CampaignMessage, Enrolment
from leadflow.consent.tables import ConsentEvent
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead, LeadEvent
from leadflow.outbox.tables import OutboxRow
from tests.integration.campaigns.feedback.noting import (
    SENT_AT,
    accept,
    happened,
    sent,
    state_of,
    suppressed,
    tell,
)
from tests.integration.campaigns.running import NAME, enrol, launch, sweep
from tests.integration.workflow import acting


@pytest.fixture
def messages(store: Engine) -> list[str]:
    return sent(3)


def events_of(lead_id: str) -> list[str]:
    with unit_of_work() as session:
        asked = select(LeadEvent.type).where(LeadEvent.lead_id == lead_id).order_by(LeadEvent.id)
        return list(session.scalars(asked))


def lead_of(message: str) -> str:
    with unit_of_work() as session:
        return session.get_one(CampaignMessage, message).lead_id


def figures() -> dict[str, int]:
    with unit_of_work() as session:
        return figures_of(session, NAME)


def test_what_is_told_in_any_order_and_twice_comes_to_the_same(store: Engine) -> None:
    told = ("delivered", "opened", "bounced")
    messages = sent(6)
    for message, order in zip(messages, permutations(told), strict=True):
        for kind in (*order, *order):
            tell(happened(kind, message, bounce_class="content" if kind == "bounced" else None))
    assert {state_of(one) for one in messages} == {("bounced", "content")}
    assert figures() == {"sent": 6, "delivered": 6, "opened": 6, "bounced_content": 6}
    with unit_of_work() as session:
        assert len(session.scalars(select(MessageEvent)).all()) == 18


def test_many_are_noted_at_once_and_found_by_what_the_provider_calls_them(
    messages: list[str],
) -> None:
    at = SENT_AT + timedelta(minutes=1)
    told = [Told("delivered", at, provider_id=f"re_{one}") for one in messages]
    found = tell(*told, Told("delivered", at, provider_id="re_of_another"), *told)
    assert (found.new, found.known, found.unknown) == (3, 3, (3,))
    assert {state_of(one)[0] for one in messages} == {"delivered"}


def test_an_address_that_does_not_exist_is_suppressed_at_once(messages: list[str]) -> None:
    first, second, third = messages
    tell(happened("bounced", first, bounce_class="recipient"))
    tell(happened("bounced", second, bounce_class="policy"))
    tell(happened("bounced", third, bounce_class="content"))
    assert suppressed() == ["hard_bounce"]
    assert events_of(lead_of(first)) == ["email_bounce"]
    assert events_of(lead_of(second)) == []


def test_an_address_that_was_written_to_is_suppressed_and_not_the_one_known_by_now(
    messages: list[str],
) -> None:
    tell(happened("bounced", messages[0], bounce_class="recipient", address_index="of earlier"))
    with unit_of_work() as session:
        row = text("SELECT address_index FROM suppressions")
        assert session.scalars(row).all() == ["of earlier"]


def test_a_complaint_suppresses_and_is_an_opt_out_in_the_log(messages: list[str]) -> None:
    tell(happened("complained", messages[0]))
    assert suppressed() == ["complaint", "opted_out"]
    assert events_of(lead_of(messages[0])) == ["unsubscribe"]
    with unit_of_work() as session:
        said = session.scalars(select(ConsentEvent)).one()
        assert (said.given, said.evidence, said.reference) == (False, "complaint", messages[0])


def test_five_in_a_row_that_did_not_get_through_suppress_and_one_between_starts_anew(
    store: Engine,
) -> None:
    launch(name="daily", reentry={"allow": "per_key"}, steps=[{"step": "hello", "send": "hello"}])
    lead = acting.take(email="ada@example.com")
    for number in range(10):
        enrol(lead, "daily", key=str(number))
    sweep()
    with unit_of_work() as session:
        ids = select(CampaignMessage.id).join(
            Enrolment, Enrolment.id == CampaignMessage.enrolment_id
        )
        ordered = list(session.scalars(ids.order_by(Enrolment.key)))
    accept()
    with unit_of_work() as session:
        for number, one in enumerate(ordered):
            row = session.get_one(CampaignMessage, one)
            row.sent_at = SENT_AT - timedelta(days=10 - number)
    full = {"bounce_class": "mailbox_full"}
    tell(
        *(happened("bounced", one, **full) for one in ordered[:4]),
        happened("delivered", ordered[4]),
    )
    tell(*(happened("bounced", one, **full) for one in ordered[5:9]))
    assert suppressed() == []
    tell(happened("bounced", ordered[9], bounce_class="expired"))
    assert suppressed() == ["hard_bounce"]


def test_machines_count_beside_people_and_are_told_of_no_lead(messages: list[str]) -> None:
    tell(happened("opened", messages[0], machine="prefetched"))
    tell(happened("clicked", messages[0], machine="scanner", link=1))
    tell(happened("opened", messages[1]), happened("clicked", messages[1], link=2))
    assert figures() == {
        "sent": 3,
        "opened": 1,
        "opened_by_machine": 1,
        "clicked": 1,
        "clicked_by_machine": 1,
    }
    assert events_of(lead_of(messages[0])) == []
    assert set(events_of(lead_of(messages[1]))) == {"email_open", "email_click"}


def test_what_is_opened_arrived_though_nobody_knew(messages: list[str]) -> None:
    with unit_of_work() as session:
        row = session.get_one(CampaignMessage, messages[0])
        row.status, row.why, row.sent_at = "uncertain", "The mail server fell silent.", None
    tell(happened("opened", messages[0]))
    assert state_of(messages[0]) == ("accepted", None)


def test_a_provider_that_is_quicker_than_we_are_ends_the_claim(messages: list[str]) -> None:
    with unit_of_work() as session:
        row = session.get_one(CampaignMessage, messages[0])
        row.status, row.sent_at, row.provider_id = "claimed", None, None
        row.claim, row.claimed_until = "ab", datetime.now(UTC)
    tell(happened("delivered", messages[0], provider_id="re_1"))
    with unit_of_work() as session:
        row = session.get_one(CampaignMessage, messages[0])
        assert (row.status, row.claim, row.provider_id) == ("delivered", None, "re_1")
        assert row.sent_at is not None


def test_a_campaign_that_three_complain_about_pauses_itself_and_tells(store: Engine) -> None:
    messages = sent(4)
    tell(happened("complained", messages[0]), happened("complained", messages[1]))
    with unit_of_work() as session:
        assert service.read_campaign(session, NAME).state == "live"
    tell(happened("complained", messages[2]))
    with unit_of_work() as session:
        assert service.read_campaign(session, NAME).state == "paused"
        notice = session.scalars(
            select(OutboxRow).where(OutboxRow.act == "notify_of_paused_campaign")
        ).one()
        paused = last_pause(session, NAME)
        assert paused is not None
        assert notice.payload == {"pause_id": paused.id, "person_id": None}
        assert (paused.why, paused.sent, paused.complained) == ("complaints", 4, 3)
        service.resume(session, NAME, "test", datetime.now(UTC))
    tell(happened("complained", messages[3]))
    with unit_of_work() as session:
        assert service.read_campaign(session, NAME).state == "live"


@pytest.mark.parametrize(
    ("sent_", "bounced", "complained", "why"),
    [
        (99, 50, 0, None),
        (100, 4, 0, None),
        (100, 5, 0, "bounces"),
        (100, 0, 2, None),
        (10_000, 0, 9, None),
        (10_000, 0, 10, "complaints"),
        (10_000, 400, 10, "complaints"),
    ],
)
def test_few_complaints_and_bounces_pause_nothing(
    sent_: int, bounced: int, complained: int, why: str | None
) -> None:
    assert Bounds(0.001, 0.05).passed(sent_, bounced, complained) == why


def test_a_lead_that_is_deleted_takes_what_came_back_with_it_and_the_figures_stay(
    messages: list[str],
) -> None:
    tell(*(happened("delivered", one) for one in messages))
    with unit_of_work() as session:
        session.delete(session.get_one(Lead, lead_of(messages[0])))
    with unit_of_work() as session:
        assert len(session.scalars(select(MessageEvent)).all()) == 2
        assert figures_by_step(session, NAME) == {"hello": {"sent": 3, "delivered": 3}}


def test_months_are_made_as_they_come_and_dropped_as_a_whole(messages: list[str]) -> None:
    tell(happened("delivered", messages[0]))
    tell(happened("delivered", messages[1]), later=timedelta(days=400))
    with unit_of_work() as session:
        assert len(session.scalars(select(MessageEvent)).all()) == 2
        later = datetime.now(UTC) + timedelta(days=401)
        assert keep_months(session, later, 2) >= 1
        assert keep_months(session, later, 2) == 0
    with unit_of_work() as session:
        assert [one.message_id for one in session.scalars(select(MessageEvent))] == [messages[1]]
