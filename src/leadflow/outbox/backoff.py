"""Exponential back-off with jitter."""

from datetime import timedelta
from random import SystemRandom

# A receiver may be away for about three hours.
ATTEMPTS = 25
# Enough for any ``longest``; a thousand are more than a number can hold.
DOUBLINGS = 30
_random = SystemRandom()


def delay(failures: int, first: float = 2.0, longest: float = 600.0) -> timedelta:
    """``first`` seconds after one failure, doubled with each further one up to ``longest``; between
    half and the whole of that, so that many who failed together do not come back together."""
    seconds = min(longest, first * 2.0 ** min(max(1, failures) - 1, DOUBLINGS))
    return timedelta(seconds=seconds * _random.uniform(0.5, 1.0))
