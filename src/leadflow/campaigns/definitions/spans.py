"""Lengths of time as ISO 8601 writes them: ``P2D``, ``PT3H``, ``P1M``. Pure.

Days, weeks, months and years are those of a calendar: two days after Friday 17:50 it is Sunday
17:50, also where a clock was put forward between them. Hours and minutes are exact.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

WRITTEN = (
    r"^P(?!$)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
    r"(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,7})M)?)?$"
)
# What is longer than the longest is told so.
_READ = re.sub(r"\{1,\d\}", "{1,9}", WRITTEN)
LONGEST_DAYS = 3660
ADVICE = "write a time as ISO 8601 does: P2D for two days, PT3H for three hours, P1W, P1M, P1DT6H"


@dataclass(frozen=True)
class Span:
    """``months`` and ``days`` of a calendar, ``minutes`` of a clock, added in this order."""

    months: int = 0
    days: int = 0
    minutes: int = 0

    @property
    def about(self) -> timedelta:
        """Its length, with months of 30 days: to compare spans, not to reckon moments."""
        return timedelta(days=30 * self.months + self.days, minutes=self.minutes)

    def __str__(self) -> str:
        date = (f"{self.months}M" if self.months else "") + (f"{self.days}D" if self.days else "")
        hours, minutes = divmod(self.minutes, 60)
        clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        return f"P{date}" + (f"T{clock}" if clock else "")


def read_span(text: object) -> Span:
    """The length of time that a text says.

    Raises:
        ValueError: it says none, none at all (``PT0M``), or more than ten years.
    """
    if isinstance(text, Span):
        return text
    found = re.match(_READ, text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(ADVICE)
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
    span = Span(12 * years + months, 7 * weeks + days, 60 * hours + minutes)
    longest = 30 * span.months + span.days + span.minutes / (24 * 60) <= LONGEST_DAYS
    if not longest or span.about <= timedelta(0):
        raise ValueError("write a time of at least one minute and at most ten years")
    return span


IsoSpan = Annotated[
    Span,
    BeforeValidator(read_span),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": WRITTEN, "examples": ["P2D", "PT3H"]}),
]
