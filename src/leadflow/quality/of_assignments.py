"""Assignments as decisions under review: who should have got this lead?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Double, Select, case, func, literal_column, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from leadflow.assignment.routing.decision_trace import Trace, traces_of
from leadflow.assignment.snapshots import RepSnapshot
from leadflow.assignment.tables import AssignmentDecision
from leadflow.assignment.team.snapshot import read_team
from leadflow.quality.lead_snapshots import facts_at, profiles_at
from leadflow.quality.review_kinds import (
    Compared,
    JudgementInvalid,
    ReviewedDecision,
    ReviewKind,
)
from leadflow.scoring.tables import LeadScore

# How far the best total is ahead of the second, as a share of the best: below the first it was a
# close call, from the second on a clear one.
CLOSE, CLEAR = 0.05, 0.2
AHEAD = """(
    SELECT (max(total) - min(total)) / greatest(abs(max(total)), 1e-9)
    FROM (
        SELECT unnest(assignment_decisions.totals)::double precision AS total
        ORDER BY 1 DESC LIMIT 2
    ) best
)"""
BANDS = array(["low", "medium", "high"])


class AssignmentJudgement(BaseModel):
    """Who would have been right, by the facts shown."""

    model_config = ConfigDict(extra="forbid")

    right: list[str] = Field(
        max_length=1000,
        description="Our ids of the salespeople who would have been right; none: nobody.",
    )
    pool: Literal["right", "wrong"] = Field(
        default="right",
        description="wrong: somebody was let in who should not be, or kept out who should not.",
    )


def _population(start: datetime, end: datetime) -> Select[Any]:
    """Decisions of the day. Sure are those that left no choice, or had a clear best."""
    made, ahead = AssignmentDecision, literal_column(AHEAD, Double)
    confidence = case(
        (made.rep_id.is_(None), "low"),
        (func.cardinality(made.totals) <= 1, "high"),
        else_=BANDS[1 + func.width_bucket(ahead, array([CLOSE, CLEAR]))],
    )
    return (
        select(
            made.id.label("subject_id"),
            made.lead_id,
            confidence.label("confidence"),
            func.coalesce(LeadScore.probability, 0.0).label("chance"),
        )
        .outerjoin(LeadScore, (LeadScore.lead_id == made.lead_id) & LeadScore.is_current)
        .where(made.decided_at >= start, made.decided_at < end)
    )


def _read(session: Session, subjects: Sequence[str], now: datetime) -> dict[str, ReviewedDecision]:
    traces = traces_of(session, subjects)
    moments = [(trace.lead_id, trace.decided_at) for trace in traces.values()]
    facts, profiles = facts_at(session, moments), profiles_at(session, moments)
    reps = {rep.rep_id: rep for rep in read_team(session, now).reps}
    found = {}
    for subject, trace in traces.items():
        moment = trace.lead_id, trace.decided_at
        if moment not in facts:
            continue
        shown = {"facts": facts[moment], "profile": profiles[moment]} | _people(trace, reps)
        found[subject] = ReviewedDecision(trace.decided_at, shown, _answer(trace))
    return found


def _people(trace: Trace, reps: Mapping[str, RepSnapshot]) -> dict[str, Any]:
    """Who could have had the lead and who could not, by id: the order says nothing."""
    could = sorted(candidate.rep_id for candidate in trace.candidates)
    could_not = {someone.rep_id: someone.words for someone in trace.excluded}
    return {
        "candidates": [_person(rep_id, reps) for rep_id in could],
        "excluded": [
            _person(rep_id, reps) | {"why": could_not[rep_id]} for rep_id in sorted(could_not)
        ],
    }


def _person(rep_id: str, reps: Mapping[str, RepSnapshot]) -> dict[str, Any]:
    rep = reps.get(rep_id)
    if rep is None:
        return {"rep_id": rep_id}
    return {
        "rep_id": rep_id,
        "team": rep.team,
        "skills": dict(rep.skills),
        "languages": sorted(rep.languages),
        "territories": sorted(rep.territories),
    }


def _answer(trace: Trace) -> dict[str, Any]:
    return {
        "rep_id": trace.rep_id,
        "reason": trace.reason,
        "strategy": trace.strategy,
        "rule_id": trace.rule_id,
        "totals": {candidate.rep_id: candidate.total for candidate in trace.candidates},
    }


def _check(judgement: AssignmentJudgement, shown: Mapping[str, Any]) -> None:
    known = {person["rep_id"] for part in ("candidates", "excluded") for person in shown[part]}
    strangers = sorted(set(judgement.right) - known)
    if strangers:
        raise JudgementInvalid(
            f"{strangers[0][:80]!r} is not among the salespeople of this decision. "
            "Name some of those shown, or none."
        )


def _compare(judgement: AssignmentJudgement, answer: Mapping[str, Any]) -> Compared:
    """Another salesperson is minor. Major: the wrong pool, or nobody where somebody should have
    the lead, or somebody where nobody should. Two reviewers are compared by whether they agree
    with the machine: most leads have several salespeople who would be right."""
    chosen = answer["rep_id"]
    fits = chosen in judgement.right if chosen else not judgement.right
    if fits and judgement.pool == "right":
        return Compared("agree", "agree", "none")
    minor = judgement.pool == "right" and chosen and judgement.right
    return Compared("disagree", "disagree", "minor" if minor else "major")


ASSIGNMENTS = ReviewKind(
    name="assignment",
    plural="assignments",
    size=lambda settings: settings.quality_daily_assignments,
    population=_population,
    read=_read,
    judgement=AssignmentJudgement,
    check=_check,
    compare=_compare,
)
