"""Proposing how leads ended: which column says so, by its name and its values, and when it was."""

from collections.abc import Iterable, Sequence
from typing import Any

from features.how_many import how_many
from leadflow.leads.files.proposing import known_names as known
from leadflow.leads.files.proposing.draft import Draft
from leadflow.leads.files.proposing.profiling import Profile
from leadflow.leads.files.proposing.proposed_attributes import (
    date_column,
    missing_words,
    placeholders,
    say_of_missing,
)
from leadflow.leads.files.proposing.value_currency import value_currency
from leadflow.settings import get_settings

MOST_STAGES = 12
# Leads are looked at when they are at most 45 days old; one that ended before is left out then.
AFTER_DAYS = 60
END_WORDS = frozenset(("closed", "close", "won", "ended", "conversion", "converted", "closing"))
CONVERTED, LOST, OPEN = frozenset(known.CONVERTED), frozenset(known.LOST), frozenset(known.OPEN)


def propose_outcome(draft: Draft) -> None:
    """Take the columns that tell how leads ended, when, and what they were worth."""
    column = ending_column(list(draft.open.values()))
    if column is None:
        _say_none(draft)
        return
    ends = meanings(column.values)
    draft.take(column, "outcome", "tells how a lead ended; check which value means what")
    unknown = ends.pop("unknown")
    if unknown:
        words = ", ".join(unknown[:5])
        draft.questions.append(
            f"{column.name}: what {words} means is not known, and is taken for not ended yet. "
            "Write each under converted, lost or open."
        )
    ends["open"] += unknown + placeholders(column)
    if not ends["lost"]:
        draft.notes.append(
            f"{column.name}: no value means lost. Leads that have not converted in their time "
            "count as not converted."
        )
    cells = draft.cells(column.name)
    draft.converted = [cell in ends["converted"] for cell in cells]
    outcome: dict[str, Any] = {"column": column.name, **{k: v for k, v in ends.items() if v}}
    outcome |= _when(draft, [cell in ends["lost"] for cell in cells])
    value = draft.named(known.VALUES, "numeric")
    if value is not None:
        outcome["value"] = draft.take(value, "outcome.value", "an amount known at the end")
        currency = value_currency(draft, value)
        if currency is not None:
            outcome["currency"] = currency
    draft.content["outcome"] = outcome


def ending_column(columns: Sequence[Profile]) -> Profile | None:
    """The column that tells how leads ended: by a name it often has, by a word in its name, or by
    its values alone where these speak of nothing else, such as Won and Lost."""
    tells = [column for column in columns if _tells(column)]
    for name in known.OUTCOMES:
        for column in tells:
            if column.slug == name:
                return column
    worded = [c for c in tells if set(c.slug.split("_")) & known.ENDING_WORDS]
    certain = [c for c in tells if _words(c.values) & (CONVERTED - known.PLAIN_YES)]
    return next(iter([*worded, *certain]), None)


def _tells(column: Profile) -> bool:
    """Whether the values of a column can be ends: few, some of which say converted; yes or 1 only
    where the other one is no or 0."""
    if not 1 <= column.distinct <= MOST_STAGES or column.personal or column.kind == "date":
        return False
    words = _words(column.values)
    if words & (CONVERTED - known.PLAIN_YES):
        return True
    plain = bool(words & known.PLAIN_YES)
    return plain and words <= known.PLAIN_YES | known.PLAIN_NO | LOST | OPEN and len(words) <= 3


def meanings(values: Iterable[str]) -> dict[str, list[str]]:
    """Values of a column of outcomes under ``converted``, ``lost`` and ``open``, by the words that
    are usual, and under ``unknown``."""
    found: dict[str, list[str]] = {"converted": [], "lost": [], "open": [], "unknown": []}
    for value in values:
        word = "_".join(value.lower().replace("-", " ").split())
        means = (
            "converted"
            if word in CONVERTED
            else "lost"
            if word in LOST
            else "open"
            if word in OPEN
            else "unknown"
        )
        found[means].append(value)
    return found


def _words(values: Iterable[str]) -> set[str]:
    return {"_".join(value.lower().replace("-", " ").split()) for value in values}


def _when(draft: Draft, lost: Sequence[bool]) -> dict[str, Any]:
    """When leads ended: by a column of dates, with a time after they came in where rows that have
    ended lack one; else by that time alone."""
    after = f"{min(AFTER_DAYS, get_settings().horizon_days)}d"
    at = draft.named(known.ENDS, "date") or _worded_end(draft)
    if at is None and draft.delivered:
        draft.notes.append("Nothing says when a lead ended: it is when that was delivered.")
        return {}
    if at is None:
        draft.notes.append(
            f"No column tells when a lead ended: outcome.after takes {after} after it came in. "
            "Correct it if you know better."
        )
        return {"after": after}
    draft.doubt(at)
    say_of_missing(draft, at)
    draft.take(at, "outcome.at", "a date with the name of an end")
    nothing = {*at.nothing, *missing_words(at)}
    none = [not cell or cell in nothing for cell in draft.cells(at.name)]
    without = {
        name: sum(blank and ended for blank, ended in zip(none, those, strict=True))
        for name, those in (("converted", draft.converted), ("lost", lost))
    }
    named: dict[str, Any] = {"at": date_column(at)}
    if draft.delivered or not any(without.values()):
        return named
    said = " and ".join(
        f"{how_many(rows, name + ' lead')}" for name, rows in without.items() if rows
    )
    draft.notes.append(
        f"{said} of the {how_many(len(none), 'row')} looked at have no {at.name}: outcome.after "
        f"takes {after} after they came in."
    )
    return named | {"after": after}


def _worded_end(draft: Draft) -> Profile | None:
    dates = [column for column in draft.open.values() if column.kind == "date"]
    return next((c for c in dates if set(c.slug.split("_")) & END_WORDS), None)


def _say_none(draft: Draft) -> None:
    """Say that nothing tells how leads ended, and which columns of yes and no might."""
    maybe = [
        column.name
        for column in draft.open.values()
        if column.distinct == 2 and _words(column.values) <= known.PLAIN_YES | known.PLAIN_NO
    ]
    said = "No column tells how leads ended, so nothing can be learned from this file."
    if maybe:
        said += (
            f" If one of these does, write it under `outcome`, or it is learned from as a "
            f"property of leads: {', '.join(maybe[:10])}."
        )
    draft.notes.append(said)
