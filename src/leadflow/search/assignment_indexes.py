"""The indexes that leads are found by for who has them, or had them last."""

from typing import cast

from sqlalchemy import Index, Table, text

from leadflow.assignment.tables import Assignment

ASSIGNMENTS = cast(Table, Assignment.__table__)
# Those that may be offered to somebody above (``assignment.offered.offered_to``): few of many.
Index(
    "ix_assignments_offered",
    ASSIGNMENTS.c.lead_id,
    postgresql_where=text(
        "ended_at IS NULL AND first_touch_at IS NULL AND due_at IS NOT NULL "
        "AND escalation_step >= 4"
    ),
)
# Whose leads were won and lost (``stages``).
Index(
    "ix_assignments_ended_as",
    ASSIGNMENTS.c.rep_id,
    ASSIGNMENTS.c.end_reason,
    postgresql_where=text("end_reason IN ('converted', 'lost')"),
    postgresql_include=["lead_id"],
)
