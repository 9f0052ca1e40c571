"""How long a message is tried, and what failures make of an endpoint."""

from datetime import UTC, datetime, timedelta

from leadflow.endpoints.posting import Answer
from leadflow.endpoints.settling import (
    FAILING_FROM,
    WAITS,
    Health,
    after,
    health_after,
    to_be_disabled,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOOD, BAD, GONE = Answer(204, None, 5), Answer(500, None, 5), Answer(410, None, 5)
WELL = Health(0, None, None)


def test_a_message_is_tried_for_24_hours_ever_more_rarely_and_then_given_up() -> None:
    assert sum(WAITS) == 24 * 3600
    assert list(WAITS) == sorted(WAITS)
    for attempt, seconds in enumerate(WAITS, start=1):
        became = after(BAD, attempt, NOW)
        assert became.status == "waiting"
        assert became.due_at is not None
        waits = (became.due_at - NOW).total_seconds()
        assert 0.9 * seconds <= waits <= 1.1 * seconds
    assert after(BAD, len(WAITS) + 1, NOW).status == "failed"
    assert after(GOOD, 1, NOW).status == "delivered"


def test_those_that_failed_together_do_not_come_back_together() -> None:
    assert len({after(BAD, 5, NOW).due_at for _ in range(20)}) > 10


def test_an_endpoint_through_which_nothing_gets_is_asked_ever_more_rarely() -> None:
    first = health_after(WELL, [BAD] * (FAILING_FROM - 1), NOW)
    assert (first.failing, first.paused_until) == (False, None)
    second = health_after(first, [BAD], NOW)
    assert second.failing
    assert second.paused_until is not None
    assert timedelta(seconds=5) <= second.paused_until - NOW <= timedelta(seconds=10)
    later = Health(400, NOW, None)
    third = health_after(later, [BAD], NOW)
    assert third.paused_until is not None
    assert third.paused_until - NOW <= timedelta(minutes=10)
    assert health_after(third, [BAD, GOOD], NOW) == WELL


def test_it_is_disabled_when_it_says_that_it_is_gone_or_after_days_of_nothing_but_failures() -> (
    None
):
    assert to_be_disabled(WELL, [GONE], NOW, 3) == "gone"
    some = Health(9, NOW - timedelta(days=2, hours=23), None)
    assert to_be_disabled(some, [BAD], NOW, 3) is None
    days = Health(9, NOW - timedelta(days=3), None)
    assert to_be_disabled(days, [BAD], NOW, 3) == "failing"
    few = Health(2, NOW - timedelta(days=30), None)
    assert to_be_disabled(few, [BAD], NOW, 3) is None
