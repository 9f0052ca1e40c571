"""Leads whose salespeople do not get in touch, offered to those above, one after the other."""

from sqlalchemy import ColumnElement, and_, exists, literal_column, or_
from sqlalchemy.orm import InstrumentedAttribute

from leadflow.assignment.tables import Assignment, Rep, Team

# Places in the escalation path; an assignment's step is twice its place, one more once reminded.
NEXT_BEST, TEAM_LEAD, MANAGER, FALLBACK = 1, 2, 3, 4
# Steps from this one on: somebody above was told, and may take the lead.
FIRST_OFFER = 2 * TEAM_LEAD


def waits() -> ColumnElement[bool]:
    """Of an assignment: whether its clock runs, or will."""
    return and_(
        Assignment.ended_at.is_(None),
        Assignment.first_touch_at.is_(None),
        Assignment.due_at.is_not(None),
    )


def offered_to(rep_id: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Of an assignment: whether its lead is offered to this salesperson."""

    def above(column: InstrumentedAttribute[str | None]) -> ColumnElement[bool]:
        joined = Rep.team_id == Team.id
        return exists().where(Rep.id == Assignment.rep_id, joined, column == rep_id)

    reached = Assignment.escalation_step
    fallback = exists().where(Rep.id == rep_id, Rep.is_fallback)
    return and_(
        waits(),
        # As the index has it that holds these few (``ix_assignments_offered``).
        reached >= literal_column(f"{FIRST_OFFER}"),
        Assignment.rep_id != rep_id,
        or_(
            and_(reached >= 2 * TEAM_LEAD, above(Team.lead_rep_id)),
            and_(reached >= 2 * MANAGER, above(Team.manager_rep_id)),
            and_(reached >= 2 * FALLBACK, fallback),
        ),
    )
