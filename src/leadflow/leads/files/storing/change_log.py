"""The notes that leads keep of what staged rows say, and the log of what each row changes."""

from typing import Any, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Table,
    and_,
    case,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import Session

from leadflow.leads.files.storing.staged_rows import staged
from leadflow.leads.import_tables import GIVEN_ID, ImportChange
from leadflow.leads.said import COLUMNS, SEEN_BY, Origin
from leadflow.leads.tables import Lead, Outcome

leads, outcomes = cast(Table, Lead.__table__), cast(Table, Outcome.__table__)
log = cast(Table, ImportChange.__table__)
SECRET = ("email", "phone", "first_name", "last_name")
# Made of the names, and made anew where these are given back.
INDEXES = ("first_name_index", "last_name_index")
Element = ColumnElement[Any]
# The names of the notes that a staged row gets, and the attributes that it gives.
NAMES = """
SELECT unnest(staged_leads.said_names) AS name
UNION ALL SELECT 'attributes.' || key FROM jsonb_object_keys(staged_leads.attributes) AS key
"""
KEYS = "ARRAY(SELECT jsonb_object_keys(staged_leads.attributes))"
NOTES = literal_column(
    f"coalesce((SELECT jsonb_object_agg(name, staged_leads.note) FROM ({NAMES}) AS named), '{{}}')",  # noqa: S608
    JSONB,
)
# A new lead has one note for everything, and one for how it ended.
FIRST = literal_column(
    "jsonb_build_object('*', staged_leads.note) || CASE WHEN staged_leads.outcome IS NULL "
    "THEN '{}' ELSE jsonb_build_object('outcome', staged_leads.note) END",
    JSONB,
)
# The row says all that is known, and all that was ever said.
SAYS_ALL = " AND ".join(
    (
        f"leads.said - '*'::text - ARRAY({NAMES}) = '{{}}'",
        f"leads.attributes - {KEYS} = '{{}}'",
        *(
            f"(leads.{column} IS NULL OR '{name}' = ANY(staged_leads.said_names))"
            for name, columns in COLUMNS.items()
            for column in SEEN_BY.get(name, columns)
        ),
    )
)


def notes_after() -> Element:
    """A lead's notes after its staged row."""
    return case(
        (literal_column(f"({SAYS_ALL})", Boolean), FIRST), else_=leads.c.said.op("||")(NOTES)
    )


def log_changes(
    session: Session, origin: Origin, its_turn: Element, changed: Element, external_id: Element
) -> None:
    """Write down what the rows whose turn it is are about to change, with the lead as it was;
    ``external_id`` is the one that it will have."""
    if not origin.import_id:
        return
    same = and_(
        outcomes.c.lead_id == leads.c.id,
        outcomes.c.outcome == staged.c.outcome,
        outcomes.c.occurred_at == staged.c.occurred_at,
        outcomes.c.value_minor.is_not_distinct_from(staged.c.value_minor),
    )
    known = select(outcomes.c.id).where(same).correlate(leads, staged).exists()
    ended = select(outcomes.c.id).where(outcomes.c.lead_id == leads.c.id).correlate(leads).exists()
    told = or_(
        and_(staged.c.outcome.is_not(None), ~known), and_(staged.c.still_open.is_(True), ended)
    )
    whole = func.to_jsonb(leads.table_valued()).op("-")(literal([*SECRET, *INDEXES], ARRAY(TEXT)))
    given = func.jsonb_build_object(GIVEN_ID, func.nullif(external_id, leads.c.external_id))
    columns: dict[str, Element] = {
        "inbox_id": literal(origin.import_id),
        "lead_id": leads.c.id,
        "made": literal(value=False),
        "said": NOTES,
        "before": whole.op("||")(func.jsonb_strip_nulls(given)),
        **{name: leads.c[name] for name in SECRET},
    }
    rows = select(*columns.values()).where(its_turn, or_(changed, told))
    session.execute(insert(log).from_select(list(columns), rows.order_by(staged.c.position)))


def log_made(session: Session, origin: Origin) -> None:
    """Write down the leads that the staged rows have made."""
    if not origin.import_id:
        return
    columns: dict[str, Element] = {
        "inbox_id": literal(origin.import_id),
        "lead_id": staged.c.new_id,
        "made": literal(value=True),
        "said": FIRST,
        "before": literal({}, JSONB),
    }
    made = select(*columns.values()).where(staged.c.lead_id == staged.c.new_id)
    session.execute(insert(log).from_select(list(columns), made.order_by(staged.c.position)))
