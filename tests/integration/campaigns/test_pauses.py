"""A pause between two mails is as long as it says, also where the first was sent late."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from leadflow.campaigns.tables import CampaignMessage
from leadflow.database.engine import unit_of_work
from tests.integration.campaigns.running import (
    STEPS,
    began_earlier,
    enrol,
    enrolments,
    hand_over,
    launch,
    planned,
    sweep,
)
from tests.integration.workflow import acting

DAYS, HOURS, MINUTES = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
HELLO = ("hello", "accepted")


def apart() -> timedelta:
    """How long the second message is due after the first was handed over."""
    with unit_of_work() as session:
        first, second = session.scalars(select(CampaignMessage).order_by(CampaignMessage.id))
        assert first.handed_at is not None
        return second.due_at - first.handed_at


def started(steps: list[dict[str, Any]] = STEPS, **others: Any) -> str:
    # Without a change of clocks between.
    launch(steps, **{"zone": "UTC", **others})
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    sweep()
    return lead


def test_a_pause_begins_when_the_mail_before_it_was_handed_over(store: Engine) -> None:
    started()
    hand_over(late=30 * HOURS)
    sweep(3 * DAYS)
    assert planned() == [HELLO]
    sweep(2 * DAYS + 31 * HOURS)
    assert planned() == [HELLO, ("again", "planned")]
    assert 2 * DAYS <= apart() < 3 * DAYS


def test_a_pause_does_not_pass_while_the_mail_before_it_waits(store: Engine) -> None:
    started()
    for day in (3, 6, 9):
        assert sweep(day * DAYS).planned == 0
    hand_over(late=10 * DAYS)
    sweep(11 * DAYS)
    assert planned() == [HELLO]
    sweep(12 * DAYS + HOURS)
    assert planned() == [HELLO, ("again", "planned")]
    assert 2 * DAYS <= apart() < 3 * DAYS


def test_what_takes_no_time_between_them_changes_nothing(store: Engine) -> None:
    known = {"source": {"operator": "exists"}}
    way = {"step": "which", "switch": [{"when": known, "then": "pause"}, {"then": "again"}]}
    started([STEPS[0], way, *STEPS[1:]])
    hand_over(late=DAYS)
    sweep(2 * DAYS + HOURS)
    assert planned() == [HELLO]
    sweep(3 * DAYS + HOURS)
    assert 2 * DAYS <= apart() < 3 * DAYS


def test_a_second_pause_is_reckoned_from_the_end_of_the_first(store: Engine) -> None:
    started([*STEPS[:2], {"step": "more", "wait": "P1D"}, STEPS[2]])
    hand_over(late=DAYS)
    for hours in (49, 73, 97):
        sweep(hours * HOURS)
    assert planned() == [HELLO, ("again", "planned")]
    assert 3 * DAYS <= apart() < 4 * DAYS


def test_a_weekday_is_the_next_after_the_mail_was_handed_over(store: Engine) -> None:
    soon = datetime.now(UTC) + 2 * HOURS
    until = {"weekdays": [f"{soon:%a}".lower()], "at": f"{soon:%H:%M}"}
    started([STEPS[0], {"step": "day", "wait": {"until": until}}, STEPS[2]])
    hand_over(late=3 * HOURS)
    sweep(4 * HOURS)
    assert planned() == [HELLO]
    sweep(7 * DAYS + 3 * HOURS)
    assert planned() == [HELLO, ("again", "planned")]


def test_whoever_is_listened_for_has_all_the_time_from_the_mail_on(
    store: Engine, client: TestClient
) -> None:
    listen = {
        "on": ["lead.did.email_reply"],
        "within": "P2D",
        "then": "end",
        "otherwise": "again",
    }
    lead = started([STEPS[0], {"step": "hears", "listen": listen}, STEPS[2]])
    other = acting.take(email="bo@example.com")
    enrol(other)
    sweep()
    sweep(3 * DAYS)
    hand_over(late=4 * DAYS)
    sweep(5 * DAYS)
    assert planned() == [HELLO, HELLO]
    now = datetime.now(UTC).isoformat()
    event = {"type": "email_reply", "occurred_at": now, "source": "test"}
    assert client.post(f"/leads/{lead}/events", json=event).status_code == 201
    sweep(5 * DAYS)
    sweep(6 * DAYS + HOURS)
    assert planned() == [HELLO, HELLO, ("again", "planned")]
    assert [one.ended_as for one in enrolments()] == ["finished", "finished"]


def test_whoever_leaves_does_so_though_the_mail_waits(store: Engine, client: TestClient) -> None:
    lead = started(exit=[{"name": "bought", "on": ["lead.converted"]}])
    sweep(3 * DAYS)
    won = {"outcome": "converted", "occurred_at": datetime.now(UTC).isoformat()}
    assert client.post(f"/leads/{lead}/outcomes", json=won).status_code in (200, 201)
    sweep(3 * DAYS)
    assert [one.ended_as for one in enrolments()] == ["bought"]
    assert planned() == [("hello", "cancelled")]


def test_what_went_out_in_time_is_not_reckoned_anew(store: Engine) -> None:
    started()
    hand_over(late=MINUTES)
    assert sweep(2 * DAYS + MINUTES / 2).planned == 1


def test_no_two_mails_with_a_pause_between_are_planned_in_one_look(store: Engine) -> None:
    short = {"step": "pause", "wait": "PT2M"}
    listen = {"on": ["lead.did.email_reply"], "within": "PT2M", "then": "end", "otherwise": "last"}
    hears, last = {"step": "hears", "listen": listen}, {"step": "last", "send": "hello"}
    launch([STEPS[0], short, STEPS[2], hears, last], zone="UTC")
    enrol(acting.take(email="ada@example.com"))
    began_earlier(10 * MINUTES)
    # The second is due at 5, and looked after at 10 only; sent at 12.
    late = {3: 13, 11: 7}
    for later, known in ((0, 1), (3, 1), (4, 1), (10, 2), (11, 2), (13, 2), (15, 3)):
        sweep(later * MINUTES)
        assert len(planned()) == known, later
        if later in late:
            hand_over(late=late[later] * MINUTES)
    assert [step for step, _ in planned()] == ["hello", "again", "last"]


def test_mails_that_are_due_at_once_are_in_the_order_of_their_steps(store: Engine) -> None:
    steps = [{"step": f"s{number}", "send": "hello"} for number in range(9)]
    launch(steps)
    enrol(acting.take(email="ada@example.com"))
    assert sweep().planned == 9
    assert [step for step, _ in planned()] == [f"s{number}" for number in range(9)]
