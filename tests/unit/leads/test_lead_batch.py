"""The expectations of a batch: what holds at a glance is what Great Expectations finds to hold."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from expectations import lead_batch
from expectations.lead_batch import FIRST_MOMENT, LARGEST_AMOUNT, LONGEST, Rule, failing_rows

NOW = datetime(2026, 11, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
# One line a row. Of each column: values on either side of each bound, and none.
VALUES: dict[str, list[Any]] = {
    "email": ["ann@firm.example", "ann@firm", "a n@firm.example", "", "ann@firm.example\n", None],
    "job_title": ["x" * LONGEST, "x" * (LONGEST + 1), "", "é" * LONGEST, None, None],
    "company_size": [0.0, -1.0, 10_000_000.0, 10_000_001.0, math.nan, 5.0],
    "website_visits": [1_000_000.0, 1_000_001.0, 0.0, -0.5, math.nan, math.nan],
    "budget": [LARGEST_AMOUNT, LARGEST_AMOUNT * 2, math.inf, -math.inf, math.nan, 0.0],
    "created_at": [FIRST_MOMENT, FIRST_MOMENT - INSTANT, NOW, NOW + INSTANT, NOW, NOW],
    "occurred_at": [FIRST_MOMENT - INSTANT, NOW, NOW, None, NOW - INSTANT, NOW],
    "outcome": ["converted", "lost", "won", None, "", "lost"],
}
MOMENTS = ("created_at", "occurred_at")


def frame(values: dict[str, list[Any]]) -> pd.DataFrame:
    """A parsed batch of these values."""
    made = pd.DataFrame(values)
    for name in MOMENTS:
        made[name] = pd.to_datetime(made[name], utc=True).astype("datetime64[us, UTC]")
    return made


@pytest.mark.parametrize("rows", [slice(None), slice(5, 6), slice(3, 4)])
def test_what_holds_at_a_glance_is_what_great_expectations_finds(
    rows: slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = frame({name: values[rows] for name, values in VALUES.items()})
    found = failing_rows(batch, NOW)
    rules = lead_batch.rules_of(batch, NOW)
    broken = {name for reasons in found.values() for name in (one["field"] for one in reasons)}
    assert {rule.column for rule in rules if not rule.holds(batch)} == broken
    monkeypatch.setattr(
        lead_batch,
        "rules_of",
        lambda *_: [Rule(rule.column, lambda _: False, rule.expectation) for rule in rules],
    )
    assert failing_rows(batch, NOW) == found


def test_a_batch_that_keeps_to_all_rules_has_no_failing_row() -> None:
    batch = frame(
        {
            "email": ["ann@firm.example", None],
            "job_title": ["CEO", None],
            "company_size": [12.0, math.nan],
            "created_at": [NOW - INSTANT, NOW],
            "occurred_at": [NOW, None],
            "outcome": ["lost", None],
        }
    )
    assert failing_rows(batch, NOW) == {}
    assert failing_rows(batch.iloc[:0], NOW) == {}
