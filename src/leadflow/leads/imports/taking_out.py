"""Taking values out of leads, of what is known now and of what was known earlier, and putting them
back. What is taken out is kept, with what was noted of it, and no feature sees it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, any_, literal, select, text, update
from sqlalchemy.orm import Session

from leadflow.leads.changes import mark_changed
from leadflow.leads.columns import NAMES
from leadflow.leads.imports.past import in_all_times
from leadflow.leads.said import ATTRIBUTE, COLUMNS, COUNTS, TOGETHER, plain_source
from leadflow.leads.tables import Lead
from leadflow.privacy.name_index import name_index

SECRET = ("phone", "first_name", "last_name")
# Of each table: the lead's id, and since when a version was known; None for the present one.
TABLES = {"leads": ("id", "NULL::timestamptz"), "lead_history": ("lead_id", "known_from")}
# Counts have one note and one moment, which stay as long as one of them does; each goes alone.
COUNTED = tuple(name for name, together in TOGETHER.items() if together == COUNTS)
NOTE = "coalesce(said->>CAST(:noted AS text), said->>'*', '')"
# What a person dropped, a person restores.
LEARNED_AGAIN = text(
    "UPDATE attribute_definitions SET dropped_at = NULL, dropped_by = NULL"
    " WHERE name = ANY(:names) AND dropped_by = 'mapping'"
)
OF_SOURCE = f"split_part({NOTE}, '|', 4) = :source AND split_part({NOTE}, '|', 2) <> ''"


@dataclass(frozen=True)
class TakeOut:
    """What is to be taken out: a value by its name (``attributes.plan``, ``budget``,
    ``email_opens``), where ``source`` said it in a file, or whoever did if it is None; and only
    where the value, of several columns that of ``column``, is one of ``values``, as JSON, if there
    are any."""

    name: str
    source: str | None = None
    values: tuple[str, ...] | None = None
    column: str | None = None


def take_out(session: Session, what: TakeOut, import_id: str | None, now: datetime) -> int:
    """Take a value out of all leads; of how many. They are scored anew."""
    given = {
        "name": what.name,
        "noted": _noted(what.name),
        "key": what.name.removeprefix(ATTRIBUTE),
        "source": plain_source(what.source or ""),
        "wanted": list(what.values or ()),
        "import_id": import_id,
        "now": now,
    }
    found: set[str] = set()
    with in_all_times(session):
        for table, (lead_id, known_from) in TABLES.items():
            where = _where(what, table)
            secret = _secrets(what.name, table)
            kept = f"""
                INSERT INTO taken_out_values
                    (inbox_id, lead_id, known_from, name, value, said, taken_out_at{secret})
                SELECT CAST(:import_id AS text), {lead_id}, {known_from}, CAST(:name AS text),
                    {_value(what.name)}, {NOTE}, CAST(:now AS timestamptz){secret}
                FROM {table} WHERE {where} RETURNING lead_id
            """  # noqa: S608
            found |= set(session.execute(text(kept), given).scalars())
            emptied = f"UPDATE {table} SET {_emptied(what.name, table)} WHERE {where}"  # noqa: S608
            session.execute(text(emptied), given)
    mark_changed(session, sorted(found), bulk=True)
    return len(found)


def put_back(session: Session, names: Sequence[str], import_id: str | None = None) -> int:
    """Put back what was taken out under these names, all or by one import, where nothing else has
    been said since; into how many leads."""
    found: set[str] = set()
    given: dict[str, Any] = {"import_id": import_id}
    mine = "t.name = :name" + ("" if import_id is None else " AND t.inbox_id = :import_id")
    with in_all_times(session):
        for name in names:
            given |= {"name": name, "noted": _noted(name), "key": name.removeprefix(ATTRIBUTE)}
            for table, (lead_id, _) in TABLES.items():
                version = "IS NULL" if table == "leads" else f"= {table}.known_from"
                back = f"""
                    UPDATE {table} SET {_filled(name, table)} FROM taken_out_values AS t
                    WHERE {mine} AND t.lead_id = {table}.{lead_id} AND t.known_from {version}
                        AND NOT ({_there(name, table)})
                    RETURNING t.lead_id
                """  # noqa: S608
                found |= set(session.execute(text(back), given).scalars())
            session.execute(text(f"DELETE FROM taken_out_values AS t WHERE {mine}"), given)  # noqa: S608
        if not set(NAMES).isdisjoint(names):
            _index_names(session, found)
    attributes = [n.removeprefix(ATTRIBUTE) for n in names if n.startswith(ATTRIBUTE)]
    session.execute(LEARNED_AGAIN, {"names": attributes})
    mark_changed(session, sorted(found), bulk=True)
    return len(found)


def taken_as(field: str) -> str:
    """The name under which a field's values are taken out: with what makes no sense without them,
    or alone."""
    return field if field in COUNTED else TOGETHER.get(field, field)


def names_taken_out(session: Session, import_id: str | None = None) -> list[str]:
    """The names of all values that are taken out, or that one import took out."""
    mine = "" if import_id is None else " WHERE inbox_id = :import_id"
    statement = text(f"SELECT DISTINCT name FROM taken_out_values{mine} ORDER BY 1")  # noqa: S608
    return list(session.execute(statement, {"import_id": import_id}).scalars())


def _index_names(session: Session, lead_ids: Collection[str]) -> None:
    """Have leads found by the names they have again."""
    these = Lead.id == any_(literal(list(lead_ids), ARRAY(Text)))
    rows = session.execute(select(Lead.id, *(getattr(Lead, name) for name in NAMES)).where(these))
    changes = [
        {"id": lead_id}
        | {f"{name}_index": name_index(own) for name, own in zip(NAMES, values, strict=True)}
        for lead_id, *values in rows
    ]
    if changes:
        session.execute(update(Lead), changes)


def _noted(name: str) -> str:
    return COUNTS if name in COUNTED else name


def _columns(name: str) -> tuple[str, ...]:
    return (name,) if name in COUNTED else COLUMNS.get(name, ())


def _where(what: TakeOut, table: str) -> str:
    parts = [_there(what.name, table)]
    if what.source is not None:
        parts.append(OF_SOURCE)
    if what.values is not None:
        compared = f"to_jsonb({what.column})" if what.column else "attributes->CAST(:key AS text)"
        parts.append(f"{compared} = ANY(CAST(:wanted AS jsonb[]))")
    return " AND ".join(f"({part})" for part in parts)


def _there(name: str, table: str) -> str:
    if name.startswith(ATTRIBUTE):
        return f"{table}.attributes ? CAST(:key AS text)"
    if name in SECRET:
        return (
            f"{table}.{name} IS NOT NULL"
            if table == "leads"
            else "has_phone AND CAST(:name AS text) = 'phone'"
        )
    return " OR ".join(f"{table}.{column} IS NOT NULL" for column in _columns(name))


def _value(name: str) -> str:
    if name.startswith(ATTRIBUTE):
        return "jsonb_build_object(CAST(:key AS text), attributes->CAST(:key AS text))"
    columns = (name, "counted_at") if name in COUNTED else COLUMNS[name]
    pairs = ", ".join(f"'{column}', {column}" for column in columns)
    return f"jsonb_build_object({pairs})"


def _emptied(name: str, table: str) -> str:
    if name in COUNTED:
        others = ", ".join(one for one in COUNTED if one != name)
        alone = f"CASE WHEN coalesce({others}) IS NULL THEN"
        return (
            f"{name} = NULL, counted_at = {alone} NULL ELSE counted_at END, "
            f"said = {alone} said - CAST(:noted AS text) ELSE said END"
        )
    sets = ["said = said - CAST(:name AS text)"]
    if name.startswith(ATTRIBUTE):
        sets.append("attributes = attributes - CAST(:key AS text)")
    elif name in SECRET:
        sets += [f"{column} = NULL" for column in _own_columns(name) if table == "leads"]
    empty = {"has_phone": "false"}
    sets += [f"{column} = {empty.get(column, 'NULL')}" for column in COLUMNS.get(name, ())]
    return ", ".join(sets)


def _own_columns(name: str) -> tuple[str, ...]:
    return (name, f"{name}_index") if name in NAMES else (name,)


def _filled(name: str, table: str) -> str:
    record = f"json_populate_record(NULL::{table}, t.value::json)"
    said = f"{table}.said || jsonb_build_object(CAST(:noted AS text), t.said)"
    if name in COUNTED:
        counted = f"{table}.counted_at"
        return (
            f"{name} = ({record}).{name}, counted_at = coalesce({counted}, ({record}).counted_at), "
            f"said = CASE WHEN {counted} IS NULL THEN {said} ELSE {table}.said END"
        )
    sets = [f"said = {said}"]
    if name.startswith(ATTRIBUTE):
        return ", ".join([*sets, f"attributes = {table}.attributes || t.value"])
    if name in SECRET and table == "leads":
        sets.append(f"{name} = t.{name}")
    sets += [f"{column} = ({record}).{column}" for column in COLUMNS[name]]
    return ", ".join(sets)


def _secrets(name: str, table: str) -> str:
    return f", {name}" if name in SECRET and table == "leads" else ""
