"""Columns proposed as attributes, with name and kind; and the reasons against the others."""

from typing import Any

from leadflow.leads.files.proposing import known_names as known
from leadflow.leads.files.proposing.profiling import Profile

MOST_UNREADABLE = 20
WHY_NOT = {
    "empty": "Empty in every row looked at.",
    "distinct": "Almost every row says something else: nothing to learn from.",
    "text": "Free text, which may name persons. To keep it, map it with kind: text; to learn from "
    "its length, add use: words.",
}


def why_not(column: Profile) -> str | None:
    """Why a column is no attribute, by its name and its values; None where it may be one."""
    if column.kind == "e-mail" or column.personal or _names_persons(column.slug.split("_")):
        return "May name a person."
    if column.identifies:
        return "Names or counts the rows: nothing to learn from."
    if column.kind in WHY_NOT:
        return WHY_NOT[column.kind]
    return "The same in every row looked at." if column.distinct < 2 else None


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
    nothing = placeholders(column) + [v for v in column.unreadable if v not in column.mixed]
    if nothing:
        more["missing"] = nothing[:MOST_UNREADABLE]
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
    nothing = placeholders(column)
    nothing += [value for value in column.unreadable[:MOST_UNREADABLE] if value not in nothing]
    return content | ({"missing": nothing} if nothing else {})


def placeholders(column: Profile) -> list[str]:
    """Those of its values that stand where nobody said anything, such as Select."""
    return list(column.nothing[:MOST_UNREADABLE])


def _names_persons(words: list[str]) -> bool:
    """Whether a column is named like people are; the name of a school or a product is another."""
    if words[-1] == "name" and words[-2:-1] and words[-2] in known.THINGS:
        words = words[:-2]
    return bool(set(known.PERSONS) & set(words))
