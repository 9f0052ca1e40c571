"""A campaign that goes on after a pause says first what is late, and does with it what was said."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update
from typer.testing import CliRunner

from leadflow.campaigns.circuits.tables import ChannelCircuit
from leadflow.campaigns.planning.late import Answer
from leadflow.campaigns.resuming import AnswerNeeded, Waiting, look, resume
from leadflow.campaigns.store import service
from leadflow.campaigns.tables import CampaignMessage
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from tests.integration.campaigns.running import (
    NAME,
    agree,
    enrol,
    enrolments,
    launch,
    planned,
    say_no,
    sweep,
)
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


def paused_with_a_no(ago: timedelta) -> None:
    """A campaign that asks, paused with two leads, one of which has told us that it wants no more
    mail."""
    launch(purpose="marketing", late={"after": "PT1H", "then": "ask"})
    leads = [acting.take(email=f"lead{number}@example.com") for number in range(2)]
    agree(leads)
    with unit_of_work() as session:
        service.pause(session, NAME, "test", datetime.now(UTC))
        service.resume(session, NAME, "test", datetime.now(UTC))
    for lead in leads:
        enrol(lead)
    sweep()
    with unit_of_work() as session:
        service.pause(session, NAME, "test", datetime.now(UTC))
    say_no(leads[0], ago)


def test_whoever_opted_out_leaves_as_such_though_the_campaign_is_paused(store: Engine) -> None:
    paused_with_a_no(timedelta())
    go_on(3 * DAYS, "send")
    sweep(3 * DAYS)
    assert sorted(row.ended_as or "" for row in enrolments()) == ["", "opted_out"]
    assert "withheld" not in {state for _, state in planned()}


def test_looking_before_says_the_same_as_going_on(store: Engine) -> None:
    paused_with_a_no(timedelta())
    looked = CliRunner().invoke(app, ["campaigns", "resume", NAME, "--dry-run"])
    assert looked.exit_code == 0, looked.output
    with unit_of_work() as session:
        these = update(CampaignMessage).values(due_at=CampaignMessage.due_at - 2 * HOURS)
        session.execute(these)
    said = []
    for options in (["--dry-run"], []):
        done = CliRunner().invoke(app, ["campaigns", "resume", NAME, *options])
        assert isinstance(done.exception, AnswerNeeded)
        said.append((done.output, str(done.exception)))
    assert said[0] == said[1]
    # Of two, one has opted out.
    assert said[0][1].startswith("1 of its messages is late")
    with unit_of_work() as session:
        assert service.read_campaign(session, NAME).state == "paused"


def test_it_is_said_that_the_channel_rests_and_until_when(store: Engine) -> None:
    paused("skip")
    until = datetime.now(UTC) + HOURS
    with unit_of_work() as session:
        values = {"channel": "smtp:here", "state": "open", "since": datetime.now(UTC)}
        session.add(ChannelCircuit(**values, until=until, why="421 Go away"))
    done = CliRunner().invoke(app, ["campaigns", "resume", NAME, "--dry-run"])
    said = " ".join(done.output.split())
    assert f"smtp:here: it is resting until {until:%Y-%m-%d %H:%M} UTC" in said
    assert "421 Go away" in said
    assert "leadflow channels smtp:here --resume" in said


def test_a_version_that_is_launched_meanwhile_waits_with_the_campaign(store: Engine) -> None:
    paused("ask")
    launch([{"step": "new", "send": "again"}])
    with unit_of_work() as session:
        stored = service.read_campaign(session, NAME)
    assert (stored.state, stored.live_version) == ("paused", 2)
    assert planned() == [("hello", "planned")]
