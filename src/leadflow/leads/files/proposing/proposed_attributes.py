"""Columns proposed as attributes, with name and kind; and the reasons against the others."""

from itertools import pairwise
from typing import Any

from features.how_many import how_many
from leadflow.leads.files.proposing import known_names as known
from leadflow.leads.files.proposing.draft import Draft
from leadflow.leads.files.proposing.profiling import Profile

MOST_UNREADABLE, PERSON = 20, "May name a person."
WHY_NOT = {
    "empty": "Empty in every row looked at.",
    "distinct": "Almost every row says something else: nothing to learn from.",
    "text": "Free text, which may name persons. To keep it, map it with kind: text; to learn from "
    "its length, add use: words.",
}


def why_not(column: Profile) -> str | None:
    """Why a column is no attribute, by its name and its values; None where it may be one."""
    if column.kind == "e-mail" or column.personal or _names_persons(column.slug.split("_")):
        return PERSON
    if column.identifies:
        return "Names or counts the rows: nothing to learn from."
    if column.kind in WHY_NOT:
        return WHY_NOT[column.kind]
    # That all have agreed is still what each has said.
    says_nothing = column.distinct < 2 and not says_consent(column)
    return "The same in every row looked at." if says_nothing else None


def says_consent(column: Profile) -> bool:
    """Whether a column is named like what says who may be written to."""
    words = column.slug.split("_")
    pairs = (f"{one}_{next_one}" for one, next_one in pairwise(words))
    return not known.CONSENT.isdisjoint((*words, *pairs))


def free_name(slug: str, taken: dict[str, Any]) -> str:
    """The slug, or with a number behind it where another column has it already."""
    name, number = slug, 1
    while name in taken:
        number += 1
        name = f"{slug[:58]}_{number}"
    return name


def date_column(column: Profile) -> str | dict[str, Any]:
    """A column of dates as a mapping names it, with its format where it is not ISO 8601."""
    more: dict[str, Any] = {}
    if column.dates is not None and column.dates.format is not None:
        more["format"] = column.dates.format
    nothing = missing_words(column)
    if nothing:
        more["missing"] = nothing
    return {"column": column.name} | more if more else column.name


def attribute(column: Profile) -> dict[str, Any]:
    """The attribute that a column may become."""
    content: dict[str, Any] = {"column": column.name, "kind": column.kind}
    if not column.name.isascii():
        label = " ".join("".join(c if c.isprintable() else " " for c in column.name).split())
        content |= {"label": label[:100]} if label else {}
    if column.dates is not None and column.dates.format is not None:
        content["format"] = column.dates.format
    words = f"_{column.slug}"
    for dimension, hints in known.DIMENSIONS.items():
        if any(f"_{hint}" in words for hint in hints):
            content["dimension"] = dimension
            break
    nothing = missing_words(column)
    return content | ({"missing": nothing} if nothing else {})


def placeholders(column: Profile) -> list[str]:
    """Those of its values that stand where nobody said anything, such as Select."""
    return list(column.nothing[:MOST_UNREADABLE])


def missing_words(column: Profile) -> list[str]:
    """Those of its values that stand for no date or number. What holds digits is one that somebody
    wrote down wrong: it is set aside, not forgotten."""
    words = [value for value in column.unreadable if not any(map(str.isdigit, value))]
    return [*placeholders(column), *words][:MOST_UNREADABLE]


def say_of_missing(draft: Draft, column: Profile, instead: str = "are taken for missing") -> None:
    """Say which words of a column of dates or numbers are taken for missing, and of which values
    the rows will be set aside."""
    if column.kind not in ("date", "numeric"):
        return
    words = missing_words(column)
    if words:
        shown = ", ".join(words[:5])
        more = f" and {how_many(len(words) - 5, 'other')}" if len(words) > 5 else ""
        draft.notes.append(f"{column.name}: {shown}{more} {instead}.")
    aside = [v for v in column.unreadable if v not in words and v not in column.mixed]
    if aside:
        draft.notes.append(
            f"{column.name}: {how_many(len(aside), 'value')}, such as {aside[0]}, cannot be read "
            f"as a {'date' if column.kind == 'date' else 'number'}; their rows will be set aside."
        )


def _names_persons(words: list[str]) -> bool:
    """Whether a column is named like people are; the name of a school or a product is another."""
    if words[-1] == "name" and words[-2:-1] and words[-2] in known.THINGS:
        words = words[:-2]
    return bool(set(known.PERSONS) & set(words))
