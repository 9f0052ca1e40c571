"""A first mapping for a file nobody has described yet, for a person to correct."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from features.how_many import how_many
from leadflow.leads.files.decimal_marks import UNSURE, decimal_mark
from leadflow.leads.files.formats.tables_of_text import BROKEN, Row, Table, UnreadableFile
from leadflow.leads.files.proposing import known_names as known
from leadflow.leads.files.proposing.beginnings import propose_created_at
from leadflow.leads.files.proposing.draft import Draft, Proposed
from leadflow.leads.files.proposing.of_ended import OF_ENDED, only_of_ended, say_left_out
from leadflow.leads.files.proposing.outcome import propose_outcome
from leadflow.leads.files.proposing.own_numbers import email_column, propose_key, repeats_of
from leadflow.leads.files.proposing.people import are_in_addresses, may_be_people
from leadflow.leads.files.proposing.profiling import Profile, profile
from leadflow.leads.files.proposing.proposed_attributes import (
    PERSON,
    attribute,
    free_name,
    missing_words,
    placeholders,
    say_of_missing,
    says_consent,
    why_not,
)
from leadflow.leads.files.slugs import attribute_slug
from leadflow.leads.readers.numbers import DecimalMark

SAMPLE = 5000
FULL_NAMES = 0.5
CONSENT_NOTE = (
    "{column}: kept as an attribute, which lets nobody be written to and keeps nobody from it. For "
    "that, send events `consent` that say by which evidence (docs/consent.md)."
)


@dataclass(frozen=True)
class Proposal:
    """A mapping's content, the file's rows, and a line for each column. ``questions`` are what only
    a person can answer; without any, it can be taken as it is. ``first`` is what they should look
    at before all else, ``repeats`` that several rows are of one lead, ``notes`` what they should
    know; ``unsure`` are columns of dates of which nobody can tell how they are written."""

    content: dict[str, Any]
    rows: int
    columns: list[Proposed]
    notes: list[str]
    questions: list[str]
    unsure: list[str]
    first: Sequence[str] = ()
    repeats: str | None = None


def propose(table: Table, source: str, now: datetime, delivered: bool = False) -> Proposal:
    """Propose a mapping from 5,000 rows drawn from all over the file; stores nothing.
    ``delivered``: rows are what a source delivers: which is the lead's own id, and when it came in,
    is not looked for.

    Raises:
        UnreadableFile: it has no rows.
    """
    sample, count = _drawn(table)
    if not count:
        raise UnreadableFile(
            "The file has no rows below its header, so there is nothing to propose."
        )
    if not table.columns:
        raise UnreadableFile(
            "None of the first rows could be read, so there is nothing to propose. In a .jsonl "
            "file each line is one JSON object."
        )
    mark = decimal_mark(row.get(name) for row in sample for name in table.columns)
    known_mark: DecimalMark = "," if mark == "," else "."
    columns = {name: profile(name, sample, known_mark) for name in table.columns}
    draft = Draft(sample, count, now, columns, {"source": source}, notes=list(table.said))
    draft.questions.extend(table.asked)
    draft.delivered = delivered
    if not delivered:
        propose_key(draft, email_column(draft))
    propose_outcome(draft)
    if not delivered:
        propose_created_at(draft)
    _fields(draft)
    _attributes(draft, table.columns)
    if mark == ",":
        draft.content["csv"] = {"decimal": ","}
    elif mark == "unsure":
        draft.questions.append(UNSURE)
    said = [draft.said[column] for column in table.columns]
    told = repeats_of(draft, sample) if not delivered else None
    more = draft.notes, draft.questions, draft.unsure, draft.first, told
    return Proposal(draft.content, count, said, *more)


def _drawn(table: Table) -> tuple[list[Row], int]:
    """A sample in which each row is as likely as any other (reservoir sampling), in the order of
    the file, and the count."""
    draw = random.Random(0)  # noqa: S311 - no secret; the same every time
    sample: list[tuple[int, Row]] = []
    count = 0
    for row in table.rows:
        count += 1
        if len(sample) < SAMPLE:
            sample.append((count, row))
        elif (place := draw.randrange(count)) < SAMPLE:
            sample[place] = count, row
    rows = [row for _, row in sorted(sample, key=lambda one: one[0])]
    # A torn row says nothing of what its columns hold.
    return [row for row in rows if BROKEN not in row] or rows, count


def _fields(draft: Draft) -> None:
    fields: dict[str, Any] = {}
    email = email_column(draft)
    if email is not None:
        nothing = placeholders(email)
        name = draft.take(email, "email", "its values are e-mail addresses")
        fields["email"] = {"column": name, "missing": nothing} if nothing else name
        if email.kind != "e-mail":
            draft.notes.append(
                f"{email.name}: some of its values are no e-mail addresses; their rows will be "
                "set aside."
            )
    for field, names in known.FIELD_NAMES.items():
        column = _for_field(draft.open.values(), field, names)
        if column is None or (column.kind == "numeric" and only_of_ended(draft, column)):
            continue
        if field == "last_name":
            _say_of_full_names(draft, column)
        nothing = missing_words(column)
        say_of_missing(draft, column)
        more: dict[str, Any] = {"missing": nothing} if nothing else {}
        if field == "budget" and column.currency is not None:
            more["currency"] = column.currency
            if column.written_in is not None and column.unnamed:
                draft.notes.append(
                    f"{column.name}: {how_many(column.unnamed, 'sum')} without a currency are "
                    f"taken for {column.currency}, as the others are."
                )
        name = draft.take(column, field, "by its name")
        fields[field] = {"column": name} | more if more else name
    if fields:
        draft.content["fields"] = fields


def _say_of_full_names(draft: Draft, column: Profile) -> None:
    cells = [cell for cell in draft.cells(column.name) if cell]
    if sum(" " in cell for cell in cells) >= FULL_NAMES * len(cells):
        draft.notes.append(
            f"{column.name} has whole names, which are kept as they are, as the last name."
        )


def _for_field(columns: Any, field: str, names: Sequence[str]) -> Profile | None:
    for name in names:
        for column in columns:
            called = name in column.called or (field == "budget" and column.bare == name)
            called = called and (name not in known.ELSEWHERE or column.personal)
            fits = (column.kind == "numeric") == (field in known.NUMERIC_FIELDS)
            if called and (fits or field == "phone") and column.kind != "empty":
                return column  # type: ignore[no-any-return]
    return None


def _attributes(draft: Draft, columns: Sequence[str]) -> None:
    places = {name: place for place, name in enumerate(columns, 1)}
    attributes: dict[str, dict[str, Any]] = {}
    left_out = []
    for column in list(draft.open.values()):
        why = _why_not(draft, column) or _perhaps_people(draft, column)
        if why is not None:
            left_out += [column] if why in OF_ENDED else []
            draft.leave_out(column, why)
            continue
        slug = attribute_slug(column.name, places[column.name], draft.content["source"])
        name = free_name(slug, attributes)
        attributes[name] = attribute(column)
        draft.doubt(column)
        say_of_missing(draft, column)
        if says_consent(column):
            draft.notes.append(CONSENT_NOTE.format(column=column.name))
        said = f"{column.kind}, {column.distinct:,} different values"
        draft.take(column, f"attribute {name}", said)
    if attributes:
        draft.content["attributes"] = attributes
    say_left_out(draft, left_out)
    if draft.ignore:
        draft.content["ignore"] = draft.ignore


def _why_not(draft: Draft, column: Profile) -> str | None:
    if column.slug in known.AFTERWARDS or _called_an_end(column):
        return "Perhaps a leak: its name speaks of something known only afterwards."
    leak = only_of_ended(draft, column) if column.kind != "empty" else None
    if leak is not None:
        return leak
    email = draft.content.get("fields", {}).get("email")
    if email is not None and column.kind == "categorical":
        addresses = draft.cells(email if isinstance(email, str) else email["column"])
        if are_in_addresses(draft.cells(column.name), addresses):
            return PERSON
    return why_not(column)


def _called_an_end(column: Profile) -> bool:
    names = set(column.called) & set(known.ENDS)
    return bool(names if column.kind == "date" else names - known.ENDS_OR_ELSE)


def _perhaps_people(draft: Draft, column: Profile) -> str | None:
    """Why a column is left out until somebody says that its values are no names of people."""
    filled = [cell for cell in draft.cells(column.name) if cell and cell not in column.nothing]
    if column.kind != "categorical" or not may_be_people(filled):
        return None
    draft.questions.append(
        f"{column.name}: are these names of people, such as {column.values[0]}? Then leave it out, "
        "or make it `last_name`, which is encrypted. If not, take it out of `ignore` and map it "
        "under `attributes`."
    )
    return "Perhaps names of people."
