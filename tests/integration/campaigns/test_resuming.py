"""A campaign that goes on after a pause says first what is late, and does with it what was said."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from leadflow.campaigns.planning.late import Answer
from leadflow.campaigns.resuming import AnswerNeeded, Waiting, look, resume
from leadflow.campaigns.store import service
from leadflow.database.engine import unit_of_work
from tests.integration.campaigns.running import NAME, enrol, enrolments, launch, planned, sweep
from tests.integration.workflow import acting

HOURS, DAYS = timedelta(hours=1), timedelta(days=1)


def paused(then: str) -> None:
    """A campaign in which a lead waits for its first mail, and another for its second."""
    launch(late={"after": "PT1H", "then": then})
    enrol(acting.take(email="ada@example.com"))
    sweep()
    with unit_of_work() as session:
        service.pause(session, NAME, "test", datetime.now(UTC))


def go_on(later: timedelta, answer: Answer | None = None) -> None:
    with unit_of_work() as session:
        resume(session, NAME, "test", datetime.now(UTC) + later, answer)


def waits(later: timedelta, answer: Answer = "send") -> Waiting:
    with unit_of_work() as session:
        return look(session, NAME, datetime.now(UTC) + later, answer)


def test_what_is_late_is_told_before_and_looking_changes_nothing(store: Engine) -> None:
    paused("skip")
    assert waits(timedelta()) == Waiting({"hello": 1}, {})
    assert waits(2 * HOURS) == Waiting({}, {"hello": 1})
    assert waits(3 * DAYS) == Waiting({}, {"again": 1, "hello": 1})
    assert planned() == [("hello", "planned")]
    assert [row.ended_as for row in enrolments()] == [None]


def test_late_messages_are_skipped_and_the_others_go_out(store: Engine) -> None:
    paused("skip")
    go_on(2 * HOURS)
    assert planned() == [("hello", "cancelled")]
    sweep(2 * DAYS)
    assert planned() == [("hello", "cancelled"), ("again", "planned")]


def test_what_nothing_sent_for_too_long_is_skipped_without_a_pause_too(store: Engine) -> None:
    launch(late={"after": "PT1H", "then": "skip"})
    enrol(acting.take(email="ada@example.com"))
    sweep()
    sweep(2 * HOURS)
    assert planned() == [("hello", "cancelled")]


def test_they_are_sent_where_the_campaign_says_so(store: Engine) -> None:
    paused("send")
    assert waits(3 * DAYS) == Waiting({"hello": 1}, {})
    go_on(3 * DAYS)
    sweep(3 * DAYS)
    # The pause after it begins once it is sent.
    assert planned() == [("hello", "planned")]


@pytest.mark.parametrize(("answer", "becomes"), [("send", "planned"), ("skip", "cancelled")])
def test_where_it_asks_a_person_says_which(store: Engine, answer: Answer, becomes: str) -> None:
    paused("ask")
    with pytest.raises(AnswerNeeded, match=f"leadflow campaigns resume {NAME} --late send"):
        go_on(2 * HOURS)
    assert planned() == [("hello", "planned")]
    go_on(2 * HOURS, answer)
    assert planned() == [("hello", becomes)]


def test_where_nothing_is_late_nobody_is_asked(store: Engine) -> None:
    paused("ask")
    go_on(timedelta())
    assert planned() == [("hello", "planned")]


def test_a_version_that_is_launched_meanwhile_waits_with_the_campaign(store: Engine) -> None:
    paused("ask")
    launch([{"step": "new", "send": "again"}])
    with unit_of_work() as session:
        stored = service.read_campaign(session, NAME)
    assert (stored.state, stored.live_version) == ("paused", 2)
    assert planned() == [("hello", "planned")]
