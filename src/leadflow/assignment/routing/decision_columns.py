"""Decisions as Arrow columns, as COPY takes them: each holds hundreds of numbers."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from leadflow.assignment.choice.plan import Choice

if TYPE_CHECKING:
    import pyarrow as pa

WORDS = ("id", "batch_id", "lead_id", "rule_id", "strategy", "rep_id", "reason")
NUMBERS = ("masks", "totals", "parts", "free")


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
    return pa.RecordBatch.from_arrays(columns, names=[*WORDS, "decided_at", *NUMBERS])
