"""Scores in PostgreSQL's binary COPY format, built with NumPy instead of value by value.

The format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". Every value is
its length in bytes (four, big-endian) and its content; an array has a header of five numbers.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from struct import pack
from typing import TYPE_CHECKING, Any

from leadflow.scoring.serving.score_rows import DIMENSIONS, NUMBERS, ScoredLeads

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
NO_TEXTS = pack(">iiii", 12, 0, 0, TEXT)


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
    said = [list(rank) for rank in scored.reason_texts.T]
    encoded: dict[str | None, bytes] = {
        text: b"" if text is None else _text(text) for text in set().union(*said)
    }
    places = _encoded_places(scored.reason_places)
    ranks = [[encoded[text] for text in rank] for rank in said]
    tails = []
    for confidence, level, (count, where), *reasons in zip(
        scored.confidence, scored.level, places, *ranks, strict=True
    ):
        content = b"".join(reasons)
        array = pack(">iiiiii", 20 + len(content), 1, 0, TEXT, count, 1) if count else NO_TEXTS
        tails.append(words[confidence] + words[level] + same + where + array + content)
    return tails


def _encoded_places(places: "np.ndarray") -> list[tuple[int, bytes]]:
    """How many places each row has, and these as an array."""
    width = places.itemsize * places.shape[1]
    content = places.tobytes()
    keys = [content[at : at + width] for at in range(0, len(content), width)]
    first = dict(zip(reversed(keys), reversed(range(len(keys))), strict=True))
    known: dict[bytes, tuple[int, bytes]] = {}
    for key, row in first.items():
        kept = [place for place in places[row].tolist() if place >= 0]
        body = b"".join(pack(">ih", 2, place) for place in kept)
        head = (20 + len(body), 1, 0, INT2, len(kept), 1) if kept else (12, 0, 0, INT2)
        known[key] = (len(kept), pack(f">{len(head)}i", *head) + body)
    return [known[key] for key in keys]
