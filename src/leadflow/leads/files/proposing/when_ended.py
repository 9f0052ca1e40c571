"""Proposing when leads ended: a column of dates, by its name or by whom it says something of."""

from collections.abc import Iterator
from typing import Any

from features.how_many import how_many
from leadflow.leads.files.proposing import known_names as known
from leadflow.leads.files.proposing.draft import Draft
from leadflow.leads.files.proposing.of_ended import is_the_end, only_of_ended
from leadflow.leads.files.proposing.profiling import Profile
from leadflow.leads.files.proposing.proposed_attributes import (
    date_column,
    missing_words,
    say_of_missing,
)
from leadflow.settings import get_settings

# Leads are looked at when they are at most 45 days old; one that ended before is left out then.
AFTER_DAYS = 60
# What a name that says nothing but that it is a date may be of.
ANY_DATE = ("date", "timestamp")


def when_ended(draft: Draft) -> dict[str, Any]:
    """When leads ended: by a column of dates, with a time after they came in where rows that have
    ended lack one; else by that time alone. What is made up is asked about. Dates that say
    something of ended leads alone and are not taken are left out, and asked about too."""
    at = draft.named(known.ENDS, "date") or _worded(draft)
    if at is None:
        at = _by_its_rows(draft)
    else:
        _take(draft, at, "a date with the name of an end")
    asked = _leave_out_others(draft, at)
    days = min(AFTER_DAYS, get_settings().horizon_days)
    if at is not None:
        return _with_time(draft, at, days)
    which = f" Is it {' or '.join(asked)}?" if asked else ""
    if draft.delivered:
        said = "Nothing says for certain when a lead ended: it is when that was delivered."
        (draft.questions if asked else draft.notes).append(said + which)
        return {}
    draft.questions.append(
        f"When did leads end?{which} No column is known to say it, so that "
        f"{how_many(days, 'day')} after they came in are made up (`outcome.after`). "
        "Name the column that says when it ended (`outcome.at`), or say how many days it takes "
        "with you."
    )
    return {"after": f"{days}d"}


def _worded(draft: Draft) -> Profile | None:
    """A date with a word of ends in its name, and none of what is only hoped for."""
    for column in _dates(draft):
        words = set(column.slug.split("_"))
        if words & known.END_WORDS and not words & known.END_AHEAD:
            return column
    return None


def _by_its_rows(draft: Draft) -> Profile | None:
    """The one date that all ended leads have and no open one, which can be nothing else."""
    found = [one for one in _not_beginnings(draft) if only_of_ended(draft, one) is not None]
    if len(found) != 1 or not is_the_end(draft, found[0]):
        return None
    at = found[0]
    _take(draft, at, "a date that all ended leads have, and no open one")
    draft.first.append(
        f"{at.name} is taken for when leads ended (`outcome.at`): all that have ended have it, and "
        "none that is open. If it says something else, say what it means."
    )
    return at


def _take(draft: Draft, at: Profile, why: str) -> None:
    draft.doubt(at)
    say_of_missing(draft, at)
    draft.take(at, "outcome.at", why)


def _leave_out_others(draft: Draft, at: Profile | None) -> list[str]:
    """Leave out further dates of ended leads; the names of those that may say when they ended."""
    asked = []
    for column in list(_not_beginnings(draft)):
        why = only_of_ended(draft, column)
        if why is not None:
            draft.leave_out(column, why)
            asked.append(column.name)
    if asked and at is not None:
        draft.first.append(
            f"Left out, for they are dates of leads that have ended alone: {', '.join(asked)}. "
            f"When leads ended is taken from {at.name}."
        )
    return asked


def _dates(draft: Draft) -> list[Profile]:
    return [column for column in draft.open.values() if column.kind == "date"]


def _not_beginnings(draft: Draft) -> Iterator[Profile]:
    starts = set(known.STARTS).difference(ANY_DATE)
    return (one for one in _dates(draft) if starts.isdisjoint((*one.called, one.bare)))


def _with_time(draft: Draft, at: Profile, days: int) -> dict[str, Any]:
    """The column, and a time after they came in for ended leads that have no date in it."""
    named: dict[str, Any] = {"at": date_column(at)}
    nothing = {*at.nothing, *missing_words(at)}
    none = [not cell or cell in nothing for cell in draft.cells(at.name)]
    without = {
        name: sum(blank and ended for blank, ended in zip(none, those, strict=True))
        for name, those in (("converted", draft.converted), ("lost", draft.lost))
    }
    if draft.delivered or not any(without.values()):
        return named
    said = " and ".join(
        f"{how_many(rows, name + ' lead')}" for name, rows in without.items() if rows
    )
    draft.questions.append(
        f"When did those end that have no {at.name}? They are {said} of the "
        f"{how_many(len(none), 'row')} looked at. {how_many(days, 'day')} after they came "
        "in are made up for them (`outcome.after`). Say how many days it takes with you."
    )
    return named | {"after": f"{days}d"}
