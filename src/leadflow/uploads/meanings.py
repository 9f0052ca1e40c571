"""What each column of a file means, as somebody chooses it from a list, and the mapping that says
so. What a mapping says beyond that (words that stand for nothing, labels) stays as it is for every
column whose meaning stays."""

from collections import Counter
from collections.abc import Mapping as Said
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args

from leadflow.conditions.problems import Problem
from leadflow.leads.files.mapping import Mapping, MappingInvalid
from leadflow.leads.files.mapping_parts import ROW, FieldName
from leadflow.leads.files.proposing.date_formats import how_written
from leadflow.leads.files.proposing.outcome import meanings
from leadflow.leads.files.proposing.proposed_attributes import free_name
from leadflow.leads.files.slugs import attribute_slug

NOT_STORED, SEVERAL = "", "several"
ATTRIBUTE = "attributes."
KINDS = ("categorical", "numeric", "boolean", "date", "text")
FIELDS = tuple(f"fields.{name}" for name in get_args(FieldName))
PLACES = (
    "key",
    "created_at",
    "changed_at",
    "outcome.column",
    "outcome.at",
    "outcome.value",
    "assigned_to.rep",
    "assigned_to.team",
    "assigned_to.manager",
)
ENDS = ("converted", "lost", "open")
DATES = ("created_at", "changed_at", "outcome.at", "attributes.date")
CHOICES = frozenset((NOT_STORED, *FIELDS, *PLACES, *(f"{ATTRIBUTE}{kind}" for kind in KINDS)))
LEFT_OUT = "Left out by hand."
# What an attribute keeps where it becomes one of another kind.
KEPT = ("label", "dimension", "missing")


@dataclass(frozen=True)
class Chosen:
    """What somebody has chosen: the meaning of each column; of columns of dates how they are
    written, as in strptime, empty for ISO 8601, and which words stand for nothing; of each value of
    the outcome ``converted``,
    ``lost`` or ``open``; after how many days a lead ends of which no date says so; the mark before
    fractions and the encoding, empty: as is found out."""

    columns: Said[str, str]
    formats: Said[str, str] = field(default_factory=dict)
    missing: Said[str, Sequence[str]] = field(default_factory=dict)
    ends: Said[str, str] = field(default_factory=dict)
    after: int | None = None
    source: str = ""
    decimal: str = ""
    encoding: str = ""


def meaning_of(mapping: Mapping, column: str) -> str:
    """Which of ``CHOICES`` a column is by a mapping; ``SEVERAL`` where it is more than one."""
    places = [place for place, name in mapping.named_columns() if name == column]
    if len(places) > 1:
        return SEVERAL
    if not places:
        return NOT_STORED
    kind, _, name = places[0].partition(".")
    return f"{ATTRIBUTE}{mapping.attributes[name].kind}" if kind == "attributes" else places[0]


def format_of(mapping: Mapping, column: str) -> str:
    """How the dates of a column are written by a mapping; empty: ISO 8601."""
    at = None if mapping.outcome is None else mapping.outcome.at
    dates = (mapping.created_at, mapping.changed_at, at, *mapping.attributes.values())
    said = (one.format for one in dates if one is not None and one.column == column)
    return next(filter(None, said), "")


def missing_of(mapping: Mapping, column: str) -> tuple[str, ...] | None:
    """The words in a column that stand for nothing by a mapping; None where none can: of a key, of
    how a lead ended, of its salesperson."""
    at = None if mapping.outcome is None else mapping.outcome.at
    columns = (*mapping.fields.values(), *mapping.attributes.values())
    parts = (*columns, mapping.created_at, mapping.changed_at, at)
    said = (one.missing for one in parts if one is not None and one.column == column)
    return next(said, None)


def days_after(mapping: Mapping) -> int | None:
    """After how many days a lead ends of which no date says so; a begun one counts."""
    after = None if mapping.outcome is None else mapping.outcome.after
    return None if after is None else -(-after // timedelta(days=1))


def as_chosen(
    mapping: Mapping,
    columns: Sequence[str],
    chosen: Chosen,
    few: Said[str, Sequence[str]],
    samples: Said[str, Sequence[str]],
) -> dict[str, Any]:
    """The content of a mapping that says what was chosen.

    Args:
        columns: of the file, in their order.
        few: all values of the columns that have few; ``samples``: some of each.

    Raises:
        MappingInvalid: what was chosen contradicts itself.
    """
    before = {column: meaning_of(mapping, column) for column in columns}
    wanted = {column: chosen.columns.get(column, before[column]) for column in columns}
    _refuse(wanted, chosen)
    changed = [column for column in columns if wanted[column] != before[column]]
    draft = _Draft(mapping, chosen.source, chosen.decimal, chosen.encoding)
    old = {column: draft.take_out(column) for column in changed}
    for column in changed:
        values = samples.get(column, ())
        draft.put(wanted[column], column, columns.index(column) + 1, old[column], values)
    for column in columns:
        if wanted[column] in DATES and column not in changed and column in chosen.formats:
            draft.written(column, chosen.formats[column])
    carried = {column: missing_of(mapping, column) or () for column in changed}
    for column, words in (carried | dict(chosen.missing)).items():
        draft.stand_for_nothing(column, words)
    return draft.content_with_ends(chosen, few)


def _refuse(wanted: Said[str, str], chosen: Chosen) -> None:
    problems = [
        Problem(column, "Choose a meaning from the list.")
        for column, choice in wanted.items()
        if choice not in CHOICES | {SEVERAL}
    ]
    often = Counter(wanted.values())
    for choice, times in often.items():
        if times > 1 and choice in (*FIELDS, *PLACES):
            named = ", ".join(column for column, one in wanted.items() if one == choice)
            problems.append(Problem(named, "Only one column can be this. Choose which."))
    alone = {"outcome.at", "outcome.value"} & often.keys()
    if alone and not {"outcome.column", SEVERAL} & often.keys():
        named = ", ".join(column for column, one in wanted.items() if one in alone)
        said = "This is of how a lead ended, which no column says. Choose one for that, too."
        problems.append(Problem(named, said))
    if "outcome.column" in often and "outcome.at" not in often and chosen.after is None:
        said = "No column says when a lead ended. Choose one, or say after how many days."
        problems.append(Problem("How leads ended", said))
    if problems:
        raise MappingInvalid("This cannot be what the columns mean:", problems)


class _Draft:
    """A mapping that is changed column by column."""

    def __init__(self, mapping: Mapping, source: str, decimal: str, encoding: str) -> None:
        content = mapping.model_dump(mode="json", exclude_none=True)
        self._after = days_after(mapping)
        self._outcome: dict[str, Any] = content.pop("outcome", {})
        self._rep: dict[str, str] = content.pop("assigned_to", {})
        self._content = content
        if source:
            content["source"] = source
        said = {"decimal": decimal, "encoding": encoding}
        kept = {name: one for name, one in content["csv"].items() if name not in said}
        content["csv"] = kept | {name: one for name, one in said.items() if one}

    def take_out(self, column: str) -> dict[str, Any]:
        """Let a column mean nothing; what was said of it as an attribute, with its name."""
        content = self._content
        old: dict[str, Any] = {}
        for name, one in content["attributes"].items():
            if one["column"] == column:
                old = {"name": name} | {key: one[key] for key in KEPT if key in one}
        for part in ("fields", "attributes"):
            content[part] = {n: one for n, one in content[part].items() if one["column"] != column}
        for part in ("created_at", "changed_at"):
            if content.get(part, {}).get("column") == column:
                del content[part]
        if content.get("key") == column:
            del content["key"]
        content["ignore"].pop(column, None)
        self._take_out_of_end(column)
        self._rep = {name: one for name, one in self._rep.items() if one != column}
        return old

    def _take_out_of_end(self, column: str) -> None:
        outcome = self._outcome
        if outcome.get("column") == column:
            for name in ("column", *ENDS):
                outcome.pop(name, None)
        if outcome.get("at", {}).get("column") == column:
            del outcome["at"]
        if outcome.get("value") == column:
            outcome.pop("currency", None)
            del outcome["value"]

    def put(
        self, choice: str, column: str, place: int, old: dict[str, Any], values: Sequence[str]
    ) -> None:
        """Let a column, at this place of the file, mean this."""
        part, _, name = choice.partition(".")
        content = self._content
        if choice == NOT_STORED:
            content["ignore"][column] = LEFT_OUT
        elif part == "fields":
            content["fields"][name] = {"column": column}
        elif part == "attributes":
            named = old.pop("name", None) or attribute_slug(column, place, content["source"])
            said = {"column": column, "kind": name} | old
            content["attributes"][free_name(named, content["attributes"])] = said
        elif part == "assigned_to":
            self._rep[name] = column
        elif choice == "key":
            content["key"] = column
        elif choice in ("created_at", "changed_at"):
            content[choice] = {"column": column}
        else:
            self._outcome[name] = {"column": column} if name == "at" else column
        dates = how_written(values) if choice in DATES else None
        if dates is not None and dates.format is not None:
            self.written(column, dates.format)

    def written(self, column: str, form: str) -> None:
        """Let the dates of a column be written so."""
        for one in (*self._dates(), *self._content["attributes"].values()):
            if one.get("column") == column:
                one.pop("format", None)
                if form:
                    one["format"] = form

    def stand_for_nothing(self, column: str, words: Sequence[str]) -> None:
        """Let these words in a column say nothing."""
        content = self._content
        named = (*content["fields"].values(), *content["attributes"].values())
        for one in (*self._dates(), *named):
            if one.get("column") == column:
                one["missing"] = list(words)

    def _dates(self) -> list[dict[str, Any]]:
        content = self._content
        parts = (content.get("created_at"), content.get("changed_at"), self._outcome.get("at"))
        return [one for one in parts if one is not None]

    def content_with_ends(self, chosen: Chosen, few: Said[str, Sequence[str]]) -> dict[str, Any]:
        """All of it, with what each value of the outcome means."""
        content, outcome = self._content, self._outcome
        if "column" in outcome:
            content["outcome"] = outcome | self._ends(chosen.ends, few.get(outcome["column"], ()))
            if chosen.after != self._after:
                content["outcome"].pop("after", None)
            if chosen.after not in (None, self._after):
                content["outcome"]["after"] = f"{chosen.after}d"
        if self._rep:
            content["assigned_to"] = self._rep
        if content.get("key") is None and "email" not in content["fields"]:
            content["key"] = ROW
        return content

    def _ends(self, said: Said[str, str], values: Sequence[str]) -> dict[str, list[str]]:
        """Those that were said; those that nothing was said of as is usual for such words."""
        ends = {end: list(self._outcome.get(end, ())) for end in ENDS}
        for value, end in said.items():
            for words in ends.values():
                if value in words:
                    words.remove(value)
            ends[end].append(value)
        known = {value for words in ends.values() for value in words}
        usual = meanings(value for value in values if value not in known)
        usual["open"] += usual.pop("unknown")
        return {end: words + usual[end] for end, words in ends.items()}
