"""A mapping is the truth about its source: what it no longer maps, or now calls missing, is taken
out of the leads that earlier imports of the source said it of."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any, cast

from sqlalchemy import select, text, true
from sqlalchemy.orm import Session

from leadflow.database.tables import InboxRow
from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.mapping import Mapping, parse_mapping
from leadflow.leads.files.mapping_parts import Column
from leadflow.leads.files.parsing import Context, parse
from leadflow.leads.files.proposing.proposal import Proposal
from leadflow.leads.imports.listing import SOURCE
from leadflow.leads.imports.taking_out import TakeOut, take_out, taken_as
from leadflow.leads.said import ATTRIBUTE

# Leads are found by their address; names and numbers are encrypted and cannot be compared.
NEVER = frozenset({"email"})
NOT_COMPARED = frozenset({"email", "first_name", "last_name", "phone", "currency", "country"})
STORED_AS = {"budget": "budget_minor"}
# What is stored of a field cannot be told from what the file says in the other column still.
READ_WITH = {"location": "country", "country": "location", "currency": "budget"}
LISTS = frozenset({"service_requirements"})
UNUSED = text("""
UPDATE attribute_definitions AS d SET dropped_at = :now, dropped_by = 'mapping'
WHERE d.name = ANY(:names) AND d.dropped_at IS NULL
    AND NOT EXISTS (SELECT FROM leads WHERE attributes ? d.name)
""")


def hold_to_mapping(
    session: Session, inbox: InboxRow, mapping: Mapping, columns: Collection[str], context: Context
) -> dict[str, int]:
    """Take out of the leads of the mapping's source what it says no longer: how many values, by
    field or attribute. Nothing is lost; ``leadflow attributes restore NAME`` puts it back."""
    earlier = _earlier(session, mapping.source, inbox.id)
    if not earlier:
        return {}
    counted: dict[str, int] = {}
    for what in (*dropped(mapping, columns, earlier), *now_missing(mapping, earlier, context)):
        times = take_out(session, what, inbox.id, context.now)
        if times:
            counted[what.name] = counted.get(what.name, 0) + times
    unmapped = {n for one in earlier for n in one.attributes} - mapping.attributes.keys()
    session.execute(UNUSED, {"names": sorted(unmapped), "now": context.now})
    return counted


def left_out(session: Session, mapping: Mapping, columns: Collection[str]) -> list[str]:
    """What earlier imports of the source took from columns that are there and this mapping would
    not: fields, attributes, and ``outcome``."""
    earlier = _earlier(session, mapping.source)
    names = [one.name.removeprefix(ATTRIBUTE) for one in dropped(mapping, columns, earlier)]
    ends = [one.outcome.column for one in earlier if one.outcome is not None]
    return names + ["outcome"] * (mapping.outcome is None and bool({*ends} & {*columns}))


def asked_by_earlier_files(session: Session, proposal: Proposal) -> list[str]:
    """What is to be asked of a proposal that leaves nothing open: a file whose rows all say the
    same of something is no reason to forget what others said."""
    mapping = parse_mapping(proposal.content)
    names = left_out(session, mapping, [column.column for column in proposal.columns])
    if not names:
        return []
    return [
        f"Earlier files of {mapping.source} told of {', '.join(names)}, and this proposal does "
        "not, though the columns are there: imported as it is, it would take them out of the "
        "leads. Import by the mapping of those files, or map the columns here."
    ]


def dropped(
    mapping: Mapping, columns: Collection[str], earlier: Sequence[Mapping]
) -> Iterator[TakeOut]:
    """What earlier mappings of the source, the oldest first, took from columns that are there and
    that this one takes it from no longer. A column that this file lacks says nothing."""
    before: dict[str, str] = {}
    for one in earlier:
        before |= _columns(one)
    now, there = _columns(mapping), {*columns, *mapping.ignore}
    gone = [name for name, column in before.items() if column in there and now.get(name) != column]
    as_before = {name for name, column in now.items() if before.get(name) == column}
    own = [name for name in gone if READ_WITH.get(name) not in as_before]
    for name in dict.fromkeys(taken_as(name) for name in own):
        if name not in NEVER:
            yield TakeOut(name, mapping.source)


def now_missing(
    mapping: Mapping, earlier: Sequence[Mapping], context: Context
) -> Iterator[TakeOut]:
    """The values that this mapping calls missing and the one before did not."""
    parts: list[tuple[str, Column]] = [*mapping.attributes.items(), *_fields(mapping)]
    known: dict[str, Column] = {**earlier[-1].attributes, **dict(_fields(earlier[-1]))}
    for name, part in parts:
        words = tuple(part.missing)
        if words and (name not in known or {*words} - {*known[name].missing}):
            yield from _as_stored(mapping, name, words, context)


def _as_stored(
    mapping: Mapping, name: str, words: tuple[str, ...], context: Context
) -> Iterator[TakeOut]:
    """What is stored where these words are read as values."""
    said: dict[str, Any] = {"missing": (), "values": {}}
    if name in mapping.attributes:
        part = mapping.attributes[name].model_copy(update=said)
        alone = {"attributes": {name: part}, "fields": {}}
    else:
        part = cast(Any, mapping.fields)[name].model_copy(update=said)
        alone = {"attributes": {}, "fields": {name: part}}
    column: str | None
    rows: list[Row] = [{part.column: word} for word in words]
    reading = mapping.model_copy(update=alone | {"outcome": None, "changed_at": None})
    frame = parse(rows, range(len(rows)), reading, context)
    if name in mapping.attributes:
        read = [json.loads(one).get(name) for one in frame["attributes"]]
        stored, column = ATTRIBUTE + name, None
    else:
        cells = (frame[name] * 100).round() if name == "budget" else frame[name]
        read = [None if cell is None or cell != cell else cell for cell in cells.tolist()]
        if name in LISTS:  # they are read as arrays of PostgreSQL, whose items are as in JSON
            read = [cell and json.loads(f"[{cell[1:-1]}]") for cell in read]
        stored, column = taken_as(name), STORED_AS.get(name, name)
    values = tuple(json.dumps(value) for value in read if value is not None)
    if values:
        yield TakeOut(stored, mapping.source, values, column)


def _columns(mapping: Mapping) -> dict[str, str]:
    """The column of each field and attribute."""
    attributes = {ATTRIBUTE + name: one.column for name, one in mapping.attributes.items()}
    return {**{name: one.column for name, one in mapping.fields.items()}, **attributes}


def _fields(mapping: Mapping) -> list[tuple[str, Column]]:
    """The fields that can be compared with words."""
    return [(name, one) for name, one in mapping.fields.items() if name not in NOT_COMPARED]


def _earlier(session: Session, source: str, before: str | None = None) -> list[Mapping]:
    """The mappings by which files of this source were imported before, the oldest first."""
    payloads = session.scalars(
        select(InboxRow.payload)
        .where(
            InboxRow.source == SOURCE,
            true() if before is None else InboxRow.id < before,
            InboxRow.status != "undone",
        )
        .order_by(InboxRow.id)
    )
    found = [parse_mapping(json.loads(payload)) for payload in payloads if payload]
    return [one for one in found if one.source == source]
