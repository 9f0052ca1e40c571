"""Proposing how leads ended: which column says so, by its name and its values, and when it was."""

from collections.abc import Iterable, Sequence
from typing import Any

from leadflow.leads.files.proposing import known_names as known
from leadflow.leads.files.proposing.draft import Draft
from leadflow.leads.files.proposing.profiling import Profile
from leadflow.leads.files.proposing.proposed_attributes import placeholders
from leadflow.leads.files.proposing.value_currency import value_currency
from leadflow.leads.files.proposing.when_ended import when_ended

MOST_STAGES = 12
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
    draft.lost = [cell in ends["lost"] for cell in cells]
    said_open = {"", *ends["open"]}.difference(unknown)
    draft.still_open = [cell in said_open for cell in cells]
    outcome: dict[str, Any] = {"column": column.name, **{k: v for k, v in ends.items() if v}}
    outcome |= when_ended(draft)
    draft.content["outcome"] = outcome | _worth(draft)


def _worth(draft: Draft) -> dict[str, Any]:
    """The column that says what a sale was worth, and its currency."""
    value = draft.named(known.VALUES, "numeric")
    if value is None:
        return {}
    draft.first.append(
        f"{value.name} is taken for what a sale was worth (`outcome.value`), and is no property of "
        "leads. If it says something else, say what it means."
    )
    worth: dict[str, Any] = {
        "value": draft.take(value, "outcome.value", "an amount known at the end")
    }
    currency = value_currency(draft, value)
    return worth if currency is None else worth | {"currency": currency}


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
