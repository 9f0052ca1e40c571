"""Writing scores in bulk: one COPY into a staging table, two statements to make them current."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.database.copying import copy_rows

COLUMNS = (
    "id",
    "lead_id",
    "as_of",
    "total_score",
    "points",
    "probability",
    "probability_low",
    "probability_high",
    "confidence",
    "level",
    "demographic",
    "behavioural",
    "engagement",
    "fit",
    "ai",
    "contributions",
    "reasons",
    "regime",
    "model_version",
)
JSON_COLUMNS = frozenset({"contributions", "reasons"})
NAMES = ", ".join(COLUMNS)

STAGE = (
    "CREATE TEMP TABLE IF NOT EXISTS new_scores ON COMMIT DELETE ROWS AS "
    f"SELECT {NAMES} FROM lead_scores WITH NO DATA"
)
# The newest moment wins: a score as of an older moment joins the history without becoming current.
DEMOTE = """
UPDATE lead_scores old SET is_current = false FROM new_scores new
WHERE old.lead_id = new.lead_id AND old.is_current AND old.as_of <= new.as_of
"""
INSERT = f"""
INSERT INTO lead_scores ({NAMES}, is_current)
SELECT {NAMES}, NOT EXISTS (
    SELECT FROM lead_scores old WHERE old.is_current AND old.lead_id = new.lead_id
) FROM new_scores new
"""


def write_scores(session: Session, rows: Iterable[Mapping[str, Any]]) -> int:
    """Store scores (mappings with ``COLUMNS``); returns how many.

    Writers take turns on a lead by its row in ``leads``, so two scores never both become current.
    """
    session.execute(text(STAGE))
    session.execute(text("TRUNCATE new_scores"))
    values = ([_value(row, name) for name in COLUMNS] for row in rows)
    written = copy_rows(session, "new_scores", COLUMNS, values)
    session.execute(
        text(
            "SELECT id FROM leads WHERE id IN (SELECT lead_id FROM new_scores) "
            "ORDER BY id FOR NO KEY UPDATE"
        )
    )
    session.execute(text(DEMOTE))
    session.execute(text(INSERT))
    return written


def _value(row: Mapping[str, Any], name: str) -> Any:
    return json.dumps(row[name]) if name in JSON_COLUMNS else row[name]
