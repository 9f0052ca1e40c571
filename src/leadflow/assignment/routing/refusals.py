"""Salespeople who have turned a lead down, and are not offered it again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import ARRAY, Text, any_, literal, select
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment

LET_GO = ("declined", "returned", "escalated")


def turned_down(session: Session, lead_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Who had each of these leads and let it go: they are not offered it again."""
    found: dict[str, set[str]] = defaultdict(set)
    statement = select(Assignment.lead_id, Assignment.rep_id).where(
        Assignment.lead_id == any_(literal(list(lead_ids), ARRAY(Text))),
        Assignment.end_reason.in_(LET_GO),
    )
    for lead_id, rep_id in session.execute(statement):
        found[lead_id].add(rep_id)
    return {lead_id: frozenset(reps) for lead_id, reps in found.items()}
