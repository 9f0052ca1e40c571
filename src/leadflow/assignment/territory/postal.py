"""Postal codes and ranges of them, as text. Pure.

A code is its letters A to Z and digits, in upper case: ``sw1a 1aa`` is ``SW1A1AA``. A range is a
first and a last code of the same length; it holds every code whose leading part of that length lies
between them, so that ``10000-19999`` holds ``10115`` and ``10115-001``.
"""

import re
from collections.abc import Iterable

Range = tuple[str, str]
NO_PART_OF_A_CODE = re.compile(r"[^0-9A-Z]")
# The first and the last sign a code may have, in the order of text.
FIRST, LAST = "0", "Z"


class PostalRangeInvalid(ValueError):
    """A range that is not understood; the message says what one looks like."""


def code(text: str | None) -> str:
    """The letters and digits of a postal code; empty where there are none."""
    return NO_PART_OF_A_CODE.sub("", (text or "").upper())


def read_range(text: str) -> Range:
    """A range such as ``10000-19999``, ``SW1-SW9``, ``00-950-00-999`` or a single ``EC1``.

    Raises:
        PostalRangeInvalid: it has no codes, codes of different length, or ends before it starts.
    """
    parts = [code(part) for part in text.split("-")]
    half = max(1, len(parts) // 2)
    low, high = "".join(parts[:half]), "".join(parts[half:] or parts)
    if not all(parts) or (len(parts) % 2 and len(parts) > 1) or len(low) != len(high):
        raise PostalRangeInvalid(
            f"{text} is no range of postal codes; write 10000-19999, with two codes of the same "
            "length, or one leading part such as EC1."
        )
    if low > high:
        raise PostalRangeInvalid(f"{text} ends before it starts; write {high}-{low}.")
    return low, high


def write_range(span: Range) -> str:
    """A range as it is written."""
    low, high = span
    return low if low == high else f"{low}-{high}"


def holds(spans: Iterable[Range], given: str) -> bool:
    """Whether a code (from ``code``) is in one of these ranges."""
    return any(len(given) >= len(low) and low <= given[: len(low)] <= high for low, high in spans)


def common(one: Iterable[Range], other: Iterable[Range]) -> tuple[Range, ...]:
    """The ranges of the codes that are in both."""
    others = tuple(other)
    shared = (_common(first, second) for first in one for second in others)
    return tuple(sorted({span for span in shared if span[0] <= span[1]}))


def _common(one: Range, other: Range) -> Range:
    """Exact, since a short range is the long one from its first to its last possible ending."""
    length = max(len(one[0]), len(other[0]))
    low = max(span[0].ljust(length, FIRST) for span in (one, other))
    high = min(span[1].ljust(length, LAST) for span in (one, other))
    return low, high
