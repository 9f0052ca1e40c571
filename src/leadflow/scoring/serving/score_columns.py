"""Scores as Arrow columns, as COPY takes them."""

from typing import TYPE_CHECKING

from leadflow.scoring.serving.score_rows import DIMENSIONS, NUMBERS, ScoredLeads

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

COLUMNS = (
    "lead_id",
    "as_of",
    "scorecard_id",
    *NUMBERS,
    *DIMENSIONS,
    "is_current",
    "contributions",
    "confidence",
    "level",
    "regime",
    "model_version",
    "reason_places",
    "reason_texts",
)


def score_columns(scored: ScoredLeads, current: "np.ndarray") -> "pa.RecordBatch":
    """Rows of ``lead_scores``; ``current`` (n booleans) says which are their lead's current one."""
    import numpy as np
    import pyarrow as pa

    count = len(scored)
    given = scored.reason_places >= 0
    reasons = given.sum(axis=1)
    columns = [
        pa.array(scored.lead_ids, pa.string()),
        pa.repeat(pa.scalar(scored.as_of, pa.timestamp("us", "UTC")), count),
        pa.repeat(pa.scalar(scored.scorecard_id, pa.int64()), count),
        *map(pa.array, np.ascontiguousarray(scored.numbers.T)),
        pa.array(current),
        pa.array(list(scored.contributions), pa.list_(pa.float64())),
        pa.array(scored.confidence, pa.string()),
        pa.array(scored.level, pa.string()),
        pa.repeat(scored.regime, count),
        pa.repeat(scored.model_version, count),
        _lists(pa.array(scored.reason_places[given], pa.int16()), reasons),
        _lists(pa.array(scored.reason_texts[given], pa.string()), reasons),
    ]
    return pa.RecordBatch.from_arrays(columns, names=list(COLUMNS))


def _lists(values: "pa.Array", lengths: "np.ndarray") -> "pa.ListArray":
    """The values in lists of these lengths, one after the other."""
    import numpy as np
    import pyarrow as pa

    return pa.ListArray.from_arrays(np.concatenate(([0], np.cumsum(lengths))), values)
