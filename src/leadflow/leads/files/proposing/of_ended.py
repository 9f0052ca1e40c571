"""Columns that say something almost only of leads that have ended: the moment of the end, what it
was worth, why. Whatever they are called, a model that learns from them knows the end before it
comes."""

from collections.abc import Sequence
from dataclasses import dataclass

from leadflow.leads.files.proposing.draft import Draft
from leadflow.leads.files.proposing.profiling import Profile

# So many of the leads that have not ended may have a value all the same.
STRAY = 0.02
# That all others are empty by chance is less likely than this; of dates, which are asked about.
CHANCE, CHANCE_OF_DATES = 0.01, 0.1
OFTEN, ALL, FEWEST = 0.5, 0.98, 5
CONVERTED_ONLY = "Perhaps a leak: it says something almost only where a lead converted."
LOST_ONLY = "Perhaps a leak: it says something almost only where a lead was lost."
ENDED_ONLY = "Perhaps a leak: it says something almost only of leads that have ended."
OF_ENDED = (CONVERTED_ONLY, LOST_ONLY, ENDED_ONLY)


@dataclass(frozen=True)
class Filled:
    """Which share of the leads that converted, were lost and are open a column says something of;
    None where there are none."""

    converted: float | None
    lost: float | None
    open: float | None


def filled(draft: Draft, column: Profile) -> Filled:
    """How often a column says something, that is neither nothing nor zero."""
    says = _says(draft, column)
    kinds = (draft.converted, draft.lost, draft.still_open)
    shares = (_share(says, those) for those in kinds)
    return Filled(*shares)


def only_of_ended(draft: Draft, column: Profile) -> str | None:
    """Why a column is no property of leads: it says something of leads that have ended, or of those
    that ended in one way, and of others hardly ever, more often than by chance."""
    if not draft.converted:
        return None
    says = _says(draft, column)
    ended = [won or lost for won, lost in zip(draft.converted, draft.lost, strict=True)]
    others = [not won for won in draft.converted]
    if _often(says, draft.converted, others):
        return CONVERTED_ONLY
    rest = [not lost for lost in draft.lost]
    chance = CHANCE_OF_DATES if column.kind == "date" else CHANCE
    if _often(says, draft.lost, rest) and _only(says, draft.lost, rest, chance):
        return LOST_ONLY
    return ENDED_ONLY if _only(says, ended, draft.still_open, chance) else None


def say_left_out(draft: Draft, columns: Sequence[Profile]) -> None:
    """Say before all else which columns are left out as known only at the end."""
    if not columns:
        return
    names = ", ".join(column.name for column in columns)
    sums = [column.name for column in columns if column.kind == "numeric"]
    worth = "value" not in draft.content.get("outcome", {}) and sums
    asked = f" If {' or '.join(sums)} is what a sale was worth, make it `outcome.value`."
    draft.first.append(
        f"Left out, for they say something of leads that have ended alone: {names}. A model would "
        f"learn the end from them before it comes.{asked if worth else ''}"
    )


def is_the_end(draft: Draft, column: Profile) -> bool:
    """Whether a date can be nothing but the moment of the end: all leads that converted have it,
    all that were lost, and none that is open."""
    found, kinds = filled(draft, column), (draft.converted, draft.lost, draft.still_open)
    return (
        all(sum(those) >= FEWEST for those in kinds)
        and (found.converted or 0) >= ALL
        and (found.lost or 0) >= ALL
        and (found.open or 0) <= STRAY
    )


def _says(draft: Draft, column: Profile) -> list[bool]:
    cells = draft.cells(column.name)
    if column.kind == "numeric":
        return [any(digit in cell for digit in "123456789") for cell in cells]
    return [cell not in ("", "0") and cell not in column.nothing for cell in cells]


def _share(says: Sequence[bool], those: Sequence[bool]) -> float | None:
    among = [said for said, one in zip(says, those, strict=True) if one]
    return sum(among) / len(among) if among else None


def _often(says: Sequence[bool], those: Sequence[bool], others: Sequence[bool]) -> bool:
    among, rest = _share(says, those), _share(says, others)
    return among is not None and rest is not None and among >= OFTEN and rest <= STRAY


def _only(
    says: Sequence[bool], those: Sequence[bool], others: Sequence[bool], chance: float
) -> bool:
    """Whether these have something and the others, few of them or many, nothing: a column that is
    empty often is empty of a few by chance."""
    among, rest = _share(says, those), _share(says, others)
    if not among or rest is None or rest > STRAY:
        return False
    return float((1 - among) ** sum(others)) <= chance
