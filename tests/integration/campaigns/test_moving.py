"""Leads are moved from an older version of a campaign to the live one: who stays, moves and leaves
is told before, and nobody gets a step twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from leadflow.accounts.people import actor_of
from leadflow.approvals import service as approvals
from leadflow.campaigns.launching import ask_to_move, carry_out_move
from leadflow.campaigns.moving import Counted, MoveInvalid, Wanted, look, move
from leadflow.campaigns.store import service
from leadflow.campaigns.tables import CampaignMessage
from leadflow.database.engine import unit_of_work
from tests.deciders import settle, somebody
from tests.integration.campaigns.running import (
    NAME,
    STEPS,
    agree,
    enrol,
    enrolments,
    hand_over,
    launch,
    planned,
    say_no,
    sweep,
)
from tests.integration.workflow import acting

DAYS = timedelta(days=1)
LONGER: list[dict[str, Any]] = [
    {"step": "hello", "send": "hello"},
    {"step": "pause", "wait": "P5D"},
    {"step": "again", "send": "again"},
]


def wanted(**steps: str) -> Wanted:
    return Wanted(NAME, 1, 2, steps)


def would(**steps: str) -> list[Counted]:
    with unit_of_work() as session:
        return look(session, wanted(**steps))


def moved(**steps: str) -> dict[str, int]:
    with unit_of_work() as session:
        return move(session, wanted(**steps), "test", datetime.now(UTC))


def in_the_pause(sent: bool = True) -> None:
    """A lead that has had its first mail and waits for the second, in version 1."""
    launch()
    enrol(acting.take(email="ada@example.com"))
    sweep()
    if sent:
        with unit_of_work() as session:
            session.execute(update(CampaignMessage).values(status="accepted"))


def test_a_wait_is_reckoned_anew_from_when_it_began(store: Engine) -> None:
    in_the_pause()
    launch(LONGER)
    assert would() == [Counted("pause", "pause", "moves", 1)]
    assert moved() == {"moves": 1}
    sweep(3 * DAYS)
    assert planned() == [("hello", "accepted")]
    sweep(6 * DAYS)
    assert planned() == [("hello", "accepted"), ("again", "planned")]
    [row] = enrolments()
    assert (row.version, row.ended_as) == (2, "finished")
    assert "moved from version 1 to 2" in row.trail


def test_a_step_that_is_gone_goes_on_where_it_is_said_or_stays(store: Engine) -> None:
    in_the_pause()
    launch([{"step": "later", "wait": "P1D"}, {"step": "again", "send": "again"}])
    assert would() == [Counted("pause", None, "no_step", 1)]
    assert moved() == {"no_step": 1}
    assert [row.version for row in enrolments()] == [1]
    assert would(pause="later") == [Counted("pause", "later", "moves", 1)]
    assert moved(pause="end") == {"leaves": 1}
    assert [(row.version, row.ended_as) for row in enrolments()] == [(1, "migrated")]


def test_nobody_is_moved_before_a_message_that_they_have_had(store: Engine) -> None:
    in_the_pause()
    launch([*STEPS[1:2], *STEPS[:1], *STEPS[2:]])
    assert would() == [Counted("pause", "pause", "would_get_it_again", 1)]
    assert moved() == {"would_get_it_again": 1}
    sweep(9 * DAYS)
    assert planned() == [("hello", "accepted"), ("again", "planned")]


def test_whoever_has_a_message_on_its_way_stays_until_it_is_sent(store: Engine) -> None:
    in_the_pause(sent=False)
    launch(LONGER)
    assert moved() == {"has_one_on_its_way": 1}
    assert [row.version for row in enrolments()] == [1]


def test_whoever_has_opted_out_is_not_counted_among_those_who_go_on(store: Engine) -> None:
    launch(purpose="marketing")
    leads = [acting.take(email=f"lead{number}@example.com") for number in range(2)]
    agree(leads)
    for lead in leads:
        enrol(lead)
    sweep()
    hand_over()
    with unit_of_work() as session:
        service.pause(session, NAME, "test", datetime.now(UTC))
    say_no(leads[0])
    launch(LONGER, purpose="marketing")
    with unit_of_work() as session:
        service.resume(session, NAME, "test", datetime.now(UTC))
    assert sorted((one.fate, one.leads) for one in would()) == [("moves", 1), ("opted_out", 1)]
    assert moved() == {"moves": 1, "opted_out": 1}
    sweep(timedelta(minutes=1))
    assert sorted(row.ended_as or "" for row in enrolments()) == ["", "opted_out"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Wanted(NAME, 1, 3, {}), "that is 2"),
        (Wanted(NAME, 2, 2, {}), "older version than 2"),
        (Wanted(NAME, 1, 2, {"pauze": "pause"}), "Version 1 has no step 'pauze'.*pause"),
        (Wanted(NAME, 1, 2, {"pause": "agian"}), "Version 2 has no step 'agian'.*again"),
    ],
)
def test_what_is_not_there_is_said(store: Engine, asked: Wanted, said: str) -> None:
    in_the_pause()
    launch(LONGER)
    with unit_of_work() as session, pytest.raises(MoveInvalid, match=said):
        look(session, asked)


def test_it_goes_through_a_gate_and_what_was_approved_is_that_move_alone(store: Engine) -> None:
    in_the_pause()
    launch(LONGER)
    now = datetime.now(UTC)
    with unit_of_work() as session:
        asker = actor_of(somebody(session, "mary", "marketing_manager"))
        asked = ask_to_move(session, wanted(), asker, now)
        assert isinstance(asked, str)
        assert "1 at pause: go on in the other version" in approvals.get(session, asked).description
        assert settle(session, asked, now).approval.status == "approved"
    assert [row.version for row in enrolments()] == [1]
    with unit_of_work() as session:
        payload = {"approval_id": asked, **wanted().payload}
        assert carry_out_move(session, payload, now) == {"moves": 1}
    assert [row.version for row in enrolments()] == [2]


def test_one_that_was_approved_before_the_campaign_changed_is_void(store: Engine) -> None:
    in_the_pause()
    launch(LONGER)
    now = datetime.now(UTC)
    with unit_of_work() as session:
        asker = actor_of(somebody(session, "mary", "marketing_manager"))
        asked = ask_to_move(session, wanted(), asker, now)
        assert isinstance(asked, str)
        settle(session, asked, now)
    launch(STEPS[:1])
    with unit_of_work() as session:
        payload = {"approval_id": asked, **wanted().payload}
        assert "void" in carry_out_move(session, payload, now)
    assert [row.version for row in enrolments()] == [1]
