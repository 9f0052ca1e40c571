"""A channel that fails by its own fault rests, and comes back by one message."""

from datetime import UTC, datetime, timedelta

import pytest

from leadflow.campaigns.circuits.circuit import (
    BLOCKS,
    BLOCKS_WITHIN,
    OPENS_AFTER,
    Circuit,
    after,
    after_blocks,
    blocked,
)
from leadflow.channels.port import Accepted, Refused, Result, Uncertain

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLOSED = Circuit("closed", NOW)
AWAY = Refused("transient", None, "The mail server does not answer.")
POLICY = Refused("policy", 550, "5.7.1 Rejected")
OK = Accepted("1")
OF_CHANNEL: list[Result] = [
    AWAY,
    POLICY,
    Refused("transient", 421, "4.7.0 Too many"),
    Refused("transient", 429, "daily_quota_exceeded"),
    Refused("credentials", 535, "5.7.8 No"),
    Uncertain("It fell silent."),
]
OF_MESSAGES: list[Result] = [
    OK,
    Refused("recipient", 550, "5.1.1 Nobody"),
    Refused("content", 554, "5.6.0 No"),
    Refused("mailbox_full", 452, "4.2.2 Full"),
    Refused("transient", 451, "4.7.1 Greylisted"),
]


@pytest.mark.parametrize("failure", OF_CHANNEL, ids=str)
def test_it_opens_after_failures_of_its_own_in_a_row(failure: Result) -> None:
    nearly = after(CLOSED, [failure] * (OPENS_AFTER - 1), NOW)
    assert (nearly.state, nearly.takes(NOW, 100)) == ("closed", 100)
    found = after(nearly, [failure], NOW)
    assert found.state == "open"
    assert found.takes(NOW, 100) == 0
    assert found.until is not None
    assert found.takes(found.until, 100) == 1


@pytest.mark.parametrize("answer", OF_MESSAGES, ids=str)
def test_whatever_is_said_of_one_message_shows_that_it_serves(answer: Result) -> None:
    results = [*[AWAY] * (OPENS_AFTER - 1), answer] * 3
    assert after(CLOSED, results, NOW).state == "closed"


def test_a_mail_that_never_reached_it_says_nothing_of_it() -> None:
    unwritten = Refused("recipient", None, "The receiver is no address for mail.")
    assert after(CLOSED, [AWAY, unwritten] * OPENS_AFTER, NOW).state == "open"
    assert after(CLOSED, [unwritten] * 20, NOW) == CLOSED


@pytest.mark.parametrize(
    ("failure", "pauses"),
    [(AWAY, [1, 2, 4, 8, 16, 30, 30]), (POLICY, [15, 30, 60, 120, 240, 240])],
    ids=["away", "policy"],
)
def test_each_try_in_vain_makes_the_pause_longer_up_to_a_bound(
    failure: Result, pauses: list[int]
) -> None:
    found, now, took = after(CLOSED, [failure] * OPENS_AFTER, NOW), NOW, []
    for _ in pauses:
        assert found.until is not None
        took.append(found.until - now)
        now = found.until
        found = after(found, [failure], now)
    assert took == [timedelta(minutes=one) for one in pauses]
    assert found.since == NOW
    assert after(found, [OK], now) == Circuit("closed", now)


def test_what_was_under_way_as_it_opened_makes_no_pause_longer() -> None:
    found = after(CLOSED, [AWAY] * OPENS_AFTER, NOW)
    assert after(found, [AWAY] * 100, NOW).until == found.until


def test_what_a_person_has_paused_stays_so() -> None:
    paused = Circuit("paused", NOW, why="ann has paused it.")
    assert after(paused, [OK], NOW) == paused
    assert after(paused, [AWAY] * 9, NOW).state == "paused"
    assert paused.takes(NOW + timedelta(days=9), 100) == 0


def test_refusals_by_policy_open_it_within_an_hour_and_not_where_they_are_few_of_many() -> None:
    some = blocked(CLOSED, BLOCKS - 1, NOW)
    assert after_blocks(some, 10, "policy: no", NOW) == some
    enough = blocked(some, 1, NOW + BLOCKS_WITHIN)
    assert after_blocks(enough, 1000, "policy: no", NOW) == enough
    opened = after_blocks(enough, 100, "policy: no", NOW)
    assert (opened.state, opened.why, opened.blocked) == ("open", "policy: no", 0)
    assert opened.until == NOW + timedelta(minutes=15)
    late = blocked(some, 1, NOW + BLOCKS_WITHIN + timedelta(seconds=1))
    assert late.blocked == 1
    paused = Circuit("paused", NOW, blocked=9, blocked_since=NOW)
    assert after_blocks(paused, 10, "policy: no", NOW) == paused


def test_mails_that_are_taken_between_forget_no_refusal_by_policy() -> None:
    assert after(blocked(CLOSED, 3, NOW), [OK], NOW).blocked == 3
