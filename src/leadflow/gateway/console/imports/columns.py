"""The columns of a file on its page: what each means, with what stands in it."""

from collections.abc import Mapping as Said
from dataclasses import dataclass
from typing import Any

from leadflow.leads.files.mapping import Mapping, MappingError, parse_mapping
from leadflow.settings import get_settings
from leadflow.uploads.looking import Ahead
from leadflow.uploads.mappings import Said as SaidOfFile
from leadflow.uploads.meanings import (
    DATES,
    ENDS,
    SEVERAL,
    Chosen,
    days_after,
    format_of,
    meaning_of,
    missing_of,
)

SHOWN, MOST_DAYS = 3, 3650


@dataclass(frozen=True)
class ColumnShown:
    """A column: its place among its fellows, what it means (``choice``), why, and some of what
    stands in it. ``form``: how its dates are written, ``missing``: which words stand for nothing,
    None where that is not said of such a column."""

    number: int
    name: str
    choice: str
    why: str
    samples: list[str]
    form: str | None
    missing: str | None
    becomes: str


@dataclass(frozen=True)
class FormShown:
    """All that the form of columns holds. ``ends``: the values of the outcome and what each
    means."""

    columns: list[ColumnShown]
    ends: list[tuple[str, str]]
    after: str
    source: str
    decimal: str
    encoding: str


class NoDays(ValueError):
    """What was typed is no number of days."""

    def __init__(self) -> None:
        super().__init__(f"The days until a lead ends are a whole number up to {MOST_DAYS:,}.")


def form_shown(said: SaidOfFile, ahead: Ahead | None, typed: Said[str, str]) -> FormShown:
    """The form by the mapping of a file, and where it comes again, with what was typed."""
    mapping = parse_mapping(said.mapping)
    ahead = ahead or Ahead()
    columns = []
    for number, one in enumerate(said.columns):
        name = one["column"]
        choice = typed.get(f"column-{number}", meaning_of(mapping, name))
        form = typed.get(f"format-{number}", format_of(mapping, name))
        shown = ahead.samples.get(name, [])[:SHOWN]
        dated = form if choice in DATES or (choice == SEVERAL and form) else None
        missing = typed.get(f"missing-{number}", _as_line(missing_of(mapping, name)))
        why, becomes = one["why"], one["becomes"]
        columns.append(ColumnShown(number, name, choice, why, shown, dated, missing, becomes))
    after = days_after(mapping) or min(60, get_settings().horizon_days)
    has_date = mapping.outcome is not None and days_after(mapping) is None
    return FormShown(
        columns,
        _ends(mapping, ahead, typed),
        typed.get("after", "" if has_date else str(after)),
        typed.get("source", mapping.source),
        typed.get("decimal", mapping.csv.decimal or ""),
        typed.get("encoding", mapping.csv.encoding or ""),
    )


def chosen_of(said: SaidOfFile, typed: Said[str, str]) -> Chosen:
    """What was chosen in the form.

    Raises:
        NoDays: see there.
    """
    names = [one["column"] for one in said.columns]
    days = typed.get("after", "").strip()
    if days and not (days.isascii() and days.isdigit() and 1 <= int(days) <= MOST_DAYS):
        raise NoDays
    return Chosen(
        columns=_numbered(names, "column", typed),
        formats=_numbered(names, "format", typed),
        missing=_missing(said, names, typed),
        ends={
            typed[f"word-{number}"]: end
            for number in range(len(typed))
            if (end := typed.get(f"end-{number}")) in ENDS and f"word-{number}" in typed
        },
        after=int(days) if days else None,
        source=typed.get("source", "").strip(),
        decimal=typed.get("decimal", ""),
        encoding=typed.get("encoding", "").strip(),
    )


def usable(said: SaidOfFile) -> bool:
    """Whether the form can show the mapping of a file."""
    try:
        parse_mapping(said.mapping)
    except MappingError:
        return False
    return True


def _as_line(words: tuple[str, ...] | None) -> str | None:
    return None if words is None else ", ".join(words)


def _missing(said: SaidOfFile, names: list[str], typed: Said[str, str]) -> dict[str, list[str]]:
    """The words that were typed anew: those that stay may have commas of their own."""
    mapping = parse_mapping(said.mapping)
    return {
        name: [word for part in line.split(",") if (word := part.strip())]
        for name, line in _numbered(names, "missing", typed).items()
        if line != _as_line(missing_of(mapping, name))
    }


def _numbered(names: list[str], what: str, typed: Said[str, str]) -> dict[str, str]:
    return {
        name: typed[f"{what}-{number}"]
        for number, name in enumerate(names)
        if f"{what}-{number}" in typed
    }


def _ends(mapping: Mapping, ahead: Ahead, typed: Said[str, str]) -> list[tuple[str, str]]:
    outcome = mapping.outcome
    if outcome is None:
        return []
    said: dict[str, Any] = {word: end for end in ENDS for word in getattr(outcome, end)}
    words = dict.fromkeys((*said, *ahead.few.get(outcome.column, ())))
    return [
        (word, typed.get(f"end-{number}", said.get(word, "open")))
        for number, word in enumerate(words)
    ]
