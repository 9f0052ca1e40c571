"""Proposing when leads came in: a column of dates, or the order of the rows where there is none."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from features.how_many import how_many
from leadflow.leads.files.mapping_parts import ROW
from leadflow.leads.files.proposing import known_names as known
from leadflow.leads.files.proposing.date_formats import MOSTLY, how_written
from leadflow.leads.files.proposing.draft import Draft
from leadflow.leads.files.proposing.profiling import Profile
from leadflow.leads.files.proposing.proposed_attributes import date_column, say_of_missing
from leadflow.leads.files.proposing.when_ended import AFTER_DAYS
from leadflow.settings import get_settings

ORDERED, FEWEST = 0.9, 20
# A column named for when a lead came in is that, even where so many of its values are no dates.
HALF, FEW = 0.5, 0.02
NUMBERED = re.compile(r"\D*(\d{1,15})", re.ASCII)
Order = Literal["rising", "falling", "none"]


def propose_created_at(draft: Draft) -> None:
    """Take the column that says when a lead came in; without one, and where ends are known, make
    moments up in the order of the rows."""
    _ask_of_unreadable(draft)
    named = draft.named(known.STARTS, "date")
    column = named or next((c for c in _dates(draft) if _may_begin(draft, c)), None)
    if column is not None:
        draft.doubt(column)
        if named is None:
            draft.notes.append(
                f"{column.name} is taken for when a lead came in, for it is a date of the past."
            )
        say_of_missing(draft, column, "say no date; these leads count from their import")
        draft.take(column, "created_at", "a date of each row")
        draft.content["created_at"] = date_column(column)
        _say_newest_first(draft, column)
    elif "outcome" in draft.content:
        _invent_dates(draft)
    else:
        draft.notes.append("No column tells when a lead came in: each counts from its import.")


def order_of(values: Sequence[str]) -> Order:
    """Whether values go up or down from row to row, by the numbers or days in them."""
    steps = [(a, b) for a, b in pairwise(filter(None, values)) if a != b]
    if len(steps) < FEWEST:
        return "none"
    rising = sum(_before(a, b) for a, b in steps) / len(steps)
    falling = sum(_before(b, a) for a, b in steps) / len(steps)
    return "rising" if rising >= ORDERED else "falling" if falling >= ORDERED else "none"


def _before(one: str, other: str) -> bool:
    numbers = NUMBERED.fullmatch(one), NUMBERED.fullmatch(other)
    if numbers[0] is not None and numbers[1] is not None:
        return int(numbers[0][1]) < int(numbers[1][1])
    return numbers == (None, None) and one < other


def _ask_of_unreadable(draft: Draft) -> None:
    """Have the column named for when a lead came in as one of dates where at least half of its
    values are: dates of another column, or made-up ones, would be wrong without a word."""
    for name in known.STARTS:
        for column in [c for c in draft.open.values() if name in (*c.called, c.bare)]:
            if column.dates is not None and column.dates.share >= MOSTLY:
                return
            if column.kind in ("date", "categorical", "distinct", "text") and _asked(draft, column):
                return


def _asked(draft: Draft, column: Profile) -> bool:
    """Ask about the rows of this column that are no dates; whether it is taken all the same."""
    filled = [cell for cell in draft.cells(column.name) if cell and cell not in column.nothing]
    dates = how_written(filled, HALF)
    some = dates or how_written(filled, FEW)
    if some is None:
        return False
    unread = round(len(filled) * (1 - some.share))
    said = (
        f"{column.name}: {how_many(unread, 'row')} of the {len(draft.rows):,} looked at cannot be "
        f"read as a date, such as {some.unreadable[0]}, "
    )
    if dates is None:
        draft.questions.append(
            f"{said}so it is not taken for when a lead came in, as its name says. Correct them in "
            "the file, or say what `created_at` is."
        )
        return False
    draft.questions.append(
        f"{said}and would be set aside. Correct them in the file, or write those that stand for no "
        "date under `missing`: these leads count from their import."
    )
    draft.open[column.name] = replace(column, kind="date", dates=dates, unreadable=())
    return True


def _dates(draft: Draft) -> list[Profile]:
    return [column for column in draft.open.values() if column.kind == "date"]


def _may_begin(draft: Draft, column: Profile) -> bool:
    """Whether a date may say when a lead came in: none of them is ahead, no name says other."""
    ahead = column.dates is not None and column.dates.latest > draft.now
    other = set(column.slug.split("_")) & set(known.OTHER_DATES)
    return not ahead and not other and set(known.ENDS).isdisjoint(column.called)


def _in_order(draft: Draft, column: Profile) -> Order:
    """The order of a column of dates, of ids, or of numbers that count the rows."""
    cells = draft.cells(column.name)
    form = column.dates and column.dates.format
    if form:
        cells = [_sortable(cell, form) for cell in cells]
    return order_of(cells)


def _sortable(cell: str, form: str) -> str:
    try:
        return datetime.strptime(cell, form).isoformat()  # noqa: DTZ007 - compared, not stored
    except ValueError:
        return ""


def _say_newest_first(draft: Draft, column: Profile) -> None:
    email = draft.content.get("key") or _email(draft)
    repeated = email is not None and len(set(draft.cells(email))) < 0.99 * len(draft.rows)
    if repeated and _in_order(draft, column) == "falling":
        draft.questions.append(
            f"The file has the newest rows first, by {column.name}, and several rows of some "
            "leads. Of one lead, what stands last in the file counts: sort it with the oldest row "
            "first."
        )


def _email(draft: Draft) -> str | None:
    return next((c.name for c in draft.open.values() if c.kind == "e-mail"), None)


def _invent_dates(draft: Draft) -> None:
    """Spread the rows over a year where something tells that they stand in the order in which leads
    came in; without that, no lead came in before another: all get one day."""
    seconds = max(1, min(3600, 365 * 86400 // (draft.count + 1)))
    # All of them lie far enough back to be learned from at once.
    settled = timedelta(days=get_settings().horizon_days + AFTER_DAYS)
    numbered = [c for c in draft.open.values() if c.identifies or c.counts_rows]
    key = draft.content.get("key")
    orders = {c.name: _in_order(draft, c) for c in [*_dates(draft), *numbered]}
    if key not in (None, ROW):
        orders[key] = order_of(draft.cells(key))
    falling = next((name for name, order in orders.items() if order == "falling"), None)
    rising = "rising" in orders.values()
    newest_first = falling is not None and not rising
    why = "No date tells when a lead came in" if _dates(draft) else "The file has no dates"
    if not rising and not newest_first:
        start = draft.now - settled
        draft.content["created_at"] = {"sequence": {"start": f"{start:%Y-%m-%d}", "every": "0s"}}
        names = f" The rows are in no order by {', '.join(orders)}." if orders else ""
        draft.first.append(
            f"{why}, and nothing that its rows are in the order in which leads came in, so "
            f"created_at.sequence gives all of them one day.{names} If they are in that order, "
            f"give created_at.sequence.every the time from one to the next, such as {seconds}s; "
            "if a column tells the order, sort the file by it first."
        )
        return
    span = timedelta(seconds=seconds * draft.count)
    start = draft.now - settled - (timedelta(0) if newest_first else span)
    sequence: dict[str, object] = {"start": f"{start:%Y-%m-%d}", "every": f"{seconds}s"}
    said = f"{why}, so created_at.sequence makes some up, in the order of the rows. Correct its "
    draft.first.append(said + "start and step.")
    if newest_first:
        sequence["newest_first"] = True
        draft.first.append(
            f"By {falling}, the file has the newest rows first: created_at.sequence goes back."
        )
    draft.content["created_at"] = {"sequence": sequence}
