"""The stored trace of a decision, read back in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.choice.eligibility import WORDS, Constraint, constraints
from leadflow.assignment.choice.strategies import order
from leadflow.assignment.tables import AssignmentBatch, AssignmentDecision


@dataclass(frozen=True)
class CandidateTrace:
    """Somebody who could have had the lead. ``place``: 1 is the best; ``parts`` by name."""

    rep_id: str
    place: int
    total: float
    parts: dict[str, float]
    chosen: bool


@dataclass(frozen=True)
class ExcludedTrace:
    """Somebody who could not, with every constraint that stood against it."""

    rep_id: str
    constraints: list[str]
    words: str


@dataclass(frozen=True)
class Trace:
    """One decision: the rule and versions it went by, candidates best first, and the others."""

    decision_id: str
    lead_id: str
    decided_at: datetime
    source: str
    rule_id: str | None
    rules_version: int | None
    team_version: int
    strategy: str
    strategy_why: str | None
    rep_id: str | None
    reason: str
    candidates: list[CandidateTrace]
    excluded: list[ExcludedTrace]

    def why_not(self, rep_id: str) -> str:
        """Why this salesperson did not get the lead, in a sentence; or why they did."""
        for someone in self.excluded:
            if someone.rep_id == rep_id:
                return f"Could not have it: {someone.words}."
        for candidate in self.candidates:
            if candidate.rep_id == rep_id:
                return self._compared(candidate)
        return "Was not in the team when this was decided."

    def _compared(self, candidate: CandidateTrace) -> str:
        if candidate.chosen:
            return f"Got it. {self.reason}."
        count = len(self.candidates)
        said = f"Could have had it: number {candidate.place} of {count} with {candidate.total:.3f}"
        winner = next((other for other in self.candidates if other.chosen), None)
        if winner is None:
            return f"{said}, but has no more room beside other leads of the same batch."
        if self.strategy == "optimal":
            return (
                f"{said}; the one chosen has {winner.total:.3f}. Leads were handed out together, "
                "so that all of them are worth most: this place went to another lead."
            )
        return f"{said}; the one chosen has {winner.total:.3f}."


def last_trace(session: Session, lead_id: str) -> Trace | None:
    """The newest decision about a lead; None where there was none."""
    return _trace(session, AssignmentDecision.lead_id == lead_id)


def trace_of(session: Session, decision_id: str) -> Trace | None:
    """One decision; None where there is no such one."""
    return _trace(session, AssignmentDecision.id == decision_id)


def traces_of(session: Session, decision_ids: Sequence[str]) -> dict[str, Trace]:
    """Decisions by their ids; those that are gone are absent."""
    found = session.execute(
        select(AssignmentDecision, AssignmentBatch)
        .join(AssignmentBatch, AssignmentBatch.id == AssignmentDecision.batch_id)
        .where(AssignmentDecision.id.in_(decision_ids))
    )
    return {made.id: _read(made, batch) for made, batch in found}


def _trace(session: Session, condition: object) -> Trace | None:
    found = session.execute(
        select(AssignmentDecision, AssignmentBatch)
        .join(AssignmentBatch, AssignmentBatch.id == AssignmentDecision.batch_id)
        .where(condition)  # type: ignore[arg-type]
        .order_by(AssignmentDecision.decided_at.desc(), AssignmentDecision.id.desc())
        .limit(1)
    ).first()
    return None if found is None else _read(*found)


def _read(made: AssignmentDecision, batch: AssignmentBatch) -> Trace:
    masks, totals = np.array(made.masks, dtype=np.uint16), np.array(made.totals, dtype=float)
    names = batch.parts.get(made.strategy, [])
    parts = np.array(made.parts).reshape(len(totals), -1) if len(totals) else None
    who = np.flatnonzero(masks == 0)
    free = np.array(made.free, dtype=float)
    ranked = order(totals, free) if len(totals) else ()
    return Trace(
        decision_id=made.id,
        lead_id=made.lead_id,
        decided_at=made.decided_at,
        source=batch.source,
        rule_id=made.rule_id,
        rules_version=batch.rules_version,
        team_version=batch.team_version,
        strategy=made.strategy,
        strategy_why=batch.strategy_why,
        rep_id=made.rep_id,
        reason=made.reason,
        candidates=[
            CandidateTrace(
                rep_id=batch.rep_ids[who[index]],
                place=place,
                total=round(float(totals[index]), 4),
                parts=_named(names, () if parts is None else parts[index]),
                chosen=batch.rep_ids[who[index]] == made.rep_id,
            )
            for place, index in enumerate(ranked, start=1)
        ],
        excluded=[
            _excluded(batch.rep_ids[place], int(masks[place])) for place in masks.nonzero()[0]
        ],
    )


def _named(names: Sequence[str], values: Sequence[float] | np.ndarray) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=False)}


def _excluded(rep_id: str, mask: int) -> ExcludedTrace:
    found: list[Constraint] = constraints(mask)
    return ExcludedTrace(
        rep_id=rep_id,
        constraints=[constraint.name.lower() for constraint in found if constraint.name],
        words=", and ".join(WORDS[constraint] for constraint in found),
    )
