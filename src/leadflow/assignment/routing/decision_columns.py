"""Decisions as they are stored: each holds hundreds of numbers. Many as Arrow columns for COPY, a
few as rows of JSON."""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from leadflow.assignment.choice.plan import Choice

if TYPE_CHECKING:
    import pyarrow as pa

WORDS = ("id", "batch_id", "lead_id", "rule_id", "strategy", "rep_id", "reason")
NUMBERS = ("masks", "totals", "parts", "free")
DECISION = (*WORDS, "decided_at", *NUMBERS)


def decision_columns(
    words: Sequence[Sequence[str | None]], choices: Sequence[Choice], at: datetime
) -> "pa.RecordBatch":
    """Rows of ``assignment_decisions``: the values of ``WORDS``, and what was judged, by row."""
    import pyarrow as pa

    judged = [choice.judged for choice in choices]
    bits, shares = pa.list_(pa.int16()), pa.list_(pa.float32())
    columns = [
        *(pa.array(column, pa.string()) for column in zip(*words, strict=True)),
        pa.repeat(pa.scalar(at, pa.timestamp("us", "UTC")), len(choices)),
        pa.array([choice.mask.astype(np.int16) for choice in choices], bits),
        pa.array([one.totals.astype(np.float32) for one in judged], shares),
        pa.array([one.parts.astype(np.float32).reshape(-1) for one in judged], shares),
        pa.array([one.free.astype(np.float32) for one in judged], shares),
    ]
    return pa.RecordBatch.from_arrays(columns, names=DECISION)


def decision_rows(
    words: Sequence[Sequence[str | None]], choices: Sequence[Choice], at: datetime
) -> list[tuple[Any, ...]]:
    """The same as rows of ``DECISION`` whose values JSON has."""
    return [
        (
            *said,
            at,
            choice.mask.tolist(),
            _numbers(choice.judged.totals),
            _numbers(choice.judged.parts),
            _numbers(choice.judged.free),
        )
        for said, choice in zip(words, choices, strict=True)
    ]


def _numbers(values: "np.ndarray") -> list[Any]:
    """JSON has no infinity; PostgreSQL reads its name."""
    flat = values.astype(np.float32).reshape(-1)
    plain: list[Any] = flat.tolist()
    return plain if np.isfinite(flat).all() else [v if isfinite(v) else str(v) for v in plain]
