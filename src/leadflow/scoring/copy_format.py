"""Scores in PostgreSQL's binary COPY format, built with NumPy instead of value by value.

The format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". Every value is
its length in bytes (four, big-endian) and its content; an array has a header of five numbers.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from struct import pack
from typing import TYPE_CHECKING, Any

from leadflow.scoring.rows import DIMENSIONS, NUMBERS, ScoredLeads

if TYPE_CHECKING:
    import numpy as np

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
HEADER = b"PGCOPY\n\xff\r\n\0" + pack(">ii", 0, 0)
TRAILER = pack(">h", -1)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
FLOAT8, INT2, TEXT = 701, 21, 25


def chunks(scored: ScoredLeads, current: "np.ndarray", rows: int = 2000) -> Iterator[bytes]:
    """The whole COPY in pieces of so many rows; ``current`` (n) says which scores are."""
    yield HEADER
    heads = [_head(lead_id) for lead_id in scored.lead_ids]
    fixed = _fixed(scored, current)
    width = fixed.dtype.itemsize
    block = fixed.tobytes()
    tails = _tails(scored)
    for start in range(0, len(scored), rows):
        yield b"".join(
            heads[row] + block[row * width : (row + 1) * width] + tails[row]
            for row in range(start, min(start + rows, len(scored)))
        )
    yield TRAILER


def _head(lead_id: str) -> bytes:
    return pack(">h", len(COLUMNS)) + _text(lead_id)


def _text(value: str) -> bytes:
    content = value.encode()
    return pack(">i", len(content)) + content


def _fixed(scored: ScoredLeads, current: "np.ndarray") -> "np.ndarray":
    """The columns whose values have one width, as one record a row."""
    import numpy as np

    width = scored.contributions.shape[1]
    eight: list[Any] = [("length", ">i4"), ("value", ">f8")]
    record = np.zeros(
        len(scored),
        dtype=[
            ("moment", [("length", ">i4"), ("value", ">i8")]),
            ("card", [("length", ">i4"), ("value", ">i8")]),
            ("numbers", eight, (scored.numbers.shape[1],)),
            ("current", [("length", ">i4"), ("value", "?")]),
            ("array", ">i4", (6 if width else 4,)),
            ("contributions", eight, (width,)),
        ],
    )
    record["moment"]["length"] = record["card"]["length"] = record["numbers"]["length"] = 8
    record["moment"]["value"] = (scored.as_of - EPOCH) // timedelta.resolution
    record["card"]["value"] = scored.scorecard_id
    record["numbers"]["value"] = scored.numbers
    record["current"]["length"], record["current"]["value"] = 1, current
    record["array"] = (20 + 12 * width, 1, 0, FLOAT8, width, 1) if width else (12, 0, 0, FLOAT8)
    record["contributions"]["length"] = 8
    record["contributions"]["value"] = scored.contributions
    return record


def _tails(scored: ScoredLeads) -> list[bytes]:
    """Each row's words: few different ones, so that each is encoded once."""
    words = {word: _text(word) for word in {*scored.confidence, *scored.level}}
    same = _text(scored.regime) + _text(scored.model_version)
    encoded: dict[str, bytes] = {}
    places: dict[tuple[int, ...], bytes] = {}
    tails = []
    for confidence, level, all_places, all_texts in zip(
        scored.confidence,
        scored.level,
        scored.reason_places.tolist(),
        scored.reason_texts.tolist(),
        strict=True,
    ):
        kept = tuple(place for place in all_places if place >= 0)
        if kept not in places:
            places[kept] = _array(INT2, [pack(">ih", 2, place) for place in kept])
        said = []
        for text in all_texts:
            if text is not None:
                if text not in encoded:
                    encoded[text] = _text(text)
                said.append(encoded[text])
        tails.append(words[confidence] + words[level] + same + places[kept] + _array(TEXT, said))
    return tails


def _array(kind: int, values: list[bytes]) -> bytes:
    """An array of values that carry their lengths already."""
    if not values:
        return pack(">iiii", 12, 0, 0, kind)
    content = b"".join(values)
    return pack(">iiiiii", 20 + len(content), 1, 0, kind, len(values), 1) + content
