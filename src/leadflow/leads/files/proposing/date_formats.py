"""Finding out how a column of dates is written, from its values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

MOSTLY = 0.8
LOOKED_AT = 300
DATE_LIKE = re.compile(
    r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?![0-9])|[0-9]{1,2} [A-Za-z]{3}|[A-Za-z]{3,9} [0-9]"
)
DAYS = (
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p")
FORMATS = tuple(day + time for time in TIMES for day in DAYS)


@dataclass(frozen=True)
class Written:
    """How dates are written: ``format`` as in strptime, None for ISO 8601.

    ``unsure`` where day and month could be either way round; ``unreadable`` are values that are no
    date in it, ``mixed`` those of them that are dates in another form; ``latest`` is the last
    moment; ``share`` is how many of the values are dates in this form.
    """

    format: str | None
    unsure: bool
    unreadable: tuple[str, ...]
    latest: datetime
    mixed: tuple[str, ...] = ()
    share: float = 1.0


def how_written(values: Sequence[str], least: float = MOSTLY) -> Written | None:
    """The way most of these values are written as dates; None where less than the share ``least``
    of the first 300 are any."""
    looked_at = values[:LOOKED_AT]
    if not looked_at or sum(map(_looks_like_one, looked_at)) < least * len(looked_at):
        return None
    readable = {form: _share(looked_at, form) for form in (None, *FORMATS)}
    best = max(readable, key=lambda form: readable[form])
    others = [form for form in readable if form != best and readable[form] > 0]
    if readable[best] < least and not _together(looked_at, best, others, least):
        return None
    moments = {value: _read(value, best) for value in dict.fromkeys(values)}
    unread = [value for value, moment in moments.items() if moment is None]
    mixed = [value for value in unread if any(_read(value, form) for form in others)]
    swapped = None if best is None else best.translate(str.maketrans("dm", "md"))
    return Written(
        format=best,
        unsure=swapped != best and readable.get(swapped, 0.0) == readable[best],
        unreadable=tuple(unread),
        mixed=tuple(mixed),
        latest=max(moment for moment in moments.values() if moment is not None),
        share=sum(moments[value] is not None for value in values) / len(values),
    )


def _together(
    values: Sequence[str], best: str | None, others: Sequence[str | None], least: float
) -> bool:
    """Whether enough values are dates, in one form or another."""
    forms = [best, *others]
    read = [any(_read(value, form) is not None for form in forms) for value in values]
    return bool(others) and sum(read) >= least * len(values)


def _looks_like_one(value: str) -> bool:
    return DATE_LIKE.match(value) is not None


def _share(values: Sequence[str], form: str | None) -> float:
    return sum(_read(value, form) is not None for value in values) / len(values)


def _read(value: str, form: str | None) -> datetime | None:
    try:
        if form is not None:
            return datetime.strptime(value, form).replace(tzinfo=UTC)
        if len(value) < len("2026-01-31") or value[4] != "-":
            return None  # fromisoformat reads 20260131 too, which is more likely a number
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
