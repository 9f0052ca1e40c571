"""Decisions are the same rows whether a few are written or many."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from leadflow.assignment.routing.decision_columns import (
    DECISION,
    NUMBERS,
    WORDS,
    decision_columns,
    decision_rows,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("odd", [0.25, np.inf, -np.inf])
def test_few_and_many_are_written_alike(odd: float) -> None:
    judged = SimpleNamespace(
        totals=np.array([0.1, odd]), parts=np.array([[1.0, odd], [0.5, 0.0]]), free=np.array([odd])
    )
    choice: Any = SimpleNamespace(mask=np.array([0, 5]), judged=judged)
    words = [[f"{name}_1" for name in WORDS]]
    (many,) = decision_columns(words, [choice], AT).to_pylist()
    (row,) = decision_rows(words, [choice], AT)
    few = dict(zip(DECISION, row, strict=True))
    # PostgreSQL reads a number's name as ``float`` does.
    few |= {name: [float(value) for value in few[name]] for name in NUMBERS}
    assert few == many
