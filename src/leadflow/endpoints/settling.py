"""What an attempt makes of a message and of its endpoint: delivered, tried again, given up;
well, paused, disabled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom

from leadflow.endpoints.posting import Answer

HOUR = 3600
# After each failure so long, 24 hours in all; then the message is given up.
WAITS = (5, 60, 300, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 5 * HOUR, 29_335)
GONE = 410
# After so many failures in a row an endpoint is asked with one message at a time, ever more rarely.
FAILING_FROM = 5
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 600.0
_random = SystemRandom()


@dataclass(frozen=True)
class Became:
    """A message after an attempt; ``due_at`` where it is tried again."""

    status: str
    due_at: datetime | None = None


def after(answer: Answer, attempts: int, now: datetime) -> Became:
    """What becomes of a message whose ``attempts``-th attempt has ended so."""
    if answer.delivered:
        return Became("delivered")
    if attempts > len(WAITS):
        return Became("failed")
    # A tenth more or less, so that many who failed together do not come back together.
    seconds = WAITS[attempts - 1] * _random.uniform(0.9, 1.1)
    return Became("waiting", now + timedelta(seconds=seconds))


@dataclass(frozen=True)
class Health:
    """How an endpoint does: failures since the last success, since when, and until when it is left
    alone."""

    failures: int
    failing_since: datetime | None
    paused_until: datetime | None

    @property
    def failing(self) -> bool:
        """Whether nothing gets through any more."""
        return self.failures >= FAILING_FROM


def health_after(before: Health, answers: Sequence[Answer], now: datetime) -> Health:
    """The same after these attempts."""
    if any(answer.delivered for answer in answers):
        return Health(0, None, None)
    failures = before.failures + len(answers)
    since = before.failing_since or now
    if failures < FAILING_FROM:
        return Health(failures, since, None)
    doublings = min(failures - FAILING_FROM, 10)
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**doublings) * _random.uniform(0.5, 1.0)
    return Health(failures, since, now + timedelta(seconds=pause))


def to_be_disabled(
    health: Health, answers: Sequence[Answer], now: datetime, failing_days: float
) -> str | None:
    """Why the endpoint is to be disabled: it says that it is ``gone``, or has been ``failing`` for
    days; None: it is not."""
    if any(answer.status == GONE for answer in answers):
        return "gone"
    since = health.failing_since
    if health.failing and since is not None and now - since >= timedelta(days=failing_days):
        return "failing"
    return None
