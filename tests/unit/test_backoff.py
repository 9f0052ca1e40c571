"""Whoever fails again and again waits ever longer, up to a bound, however often it fails."""

import pytest

from leadflow.outbox.backoff import delay


@pytest.mark.parametrize("failures", [0, 1, 2, 7, 31, 1024, 1025, 100_000])
def test_a_delay_is_between_half_and_the_whole_of_what_is_due(failures: int) -> None:
    due = min(60, 5 * 2 ** (max(1, failures) - 1))
    assert due / 2 <= delay(failures, first=5.0, longest=60.0).total_seconds() <= due
