"""How far a lead is, from nobody's to won or lost, as the board shows it."""

from typing import Literal, get_args

from sqlalchemy import ColumnElement, and_, exists, select

from leadflow.assignment.tables import Assignment
from leadflow.leads.tables import Lead, Outcome

Stage = Literal["unassigned", "given", "taken", "in_touch", "converted", "lost"]
STAGES: tuple[Stage, ...] = get_args(Stage)
ENDS = ("converted", "lost")
_ACTIVE = Assignment.ended_at.is_(None)
_UNTOUCHED = Assignment.first_touch_at.is_(None)
_WORKED = {
    "given": and_(_UNTOUCHED, Assignment.accepted_at.is_(None)),
    "taken": and_(_UNTOUCHED, Assignment.accepted_at.is_not(None)),
    "in_touch": Assignment.first_touch_at.is_not(None),
}


def stage_of(made: Assignment | None, outcome: str | None) -> Stage:
    """Where a lead is, by its active assignment and how it ended."""
    if outcome is not None:
        return "converted" if outcome == "converted" else "lost"
    if made is None:
        return "unassigned"
    if made.first_touch_at is not None:
        return "in_touch"
    return "given" if made.accepted_at is None else "taken"


def at_stage(stage: Stage, rep_ids: frozenset[str] | None) -> list[ColumnElement[bool]]:
    """The condition that a lead is there, with one of these salespeople; of one that has ended,
    whoever had it last. None: whoever has it."""
    ended = exists().where(Outcome.lead_id == Lead.id)
    if stage == "unassigned":
        return [~exists().where(Assignment.lead_id == Lead.id, _ACTIVE), ~ended]
    if stage not in ENDS:
        held = select(Assignment.lead_id).where(_ACTIVE, _WORKED[stage])
        if rep_ids is not None:
            held = held.where(Assignment.rep_id.in_(rep_ids))
        return [Lead.id.in_(held), ~ended]
    so = ended.where(Outcome.outcome == stage)
    if rep_ids is None:
        return [so]
    had = select(Assignment.lead_id).where(
        Assignment.end_reason == stage, Assignment.rep_id.in_(rep_ids)
    )
    return [so, Lead.id.in_(had)]
