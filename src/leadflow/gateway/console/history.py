"""The history of a lead, put together from every room, for its page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, AssignmentStep
from leadflow.assignment.team.naming import names_of_people
from leadflow.assignment.work.service import steps_of
from leadflow.gateway.api.team.assignments import names_of_reps
from leadflow.gateway.console.in_words import doer
from leadflow.intake.merging import merges_of
from leadflow.leads.events.types import read_types
from leadflow.leads.outcomes.log import said_of
from leadflow.leads.tables import Lead, LeadEvent, LeadHistory
from leadflow.scoring.tables import LeadScore, ScoreOverride

NEWEST = 30
# Those that came again and again are told together (``one_lead.timeline``).
EVENTS = 300
# Looked through for those that say something new.
SCORES = 200
STEPS = {
    "accepted": "accepted",
    "touched": "got in touch",
    "returned": "given back",
    "reassigned": "given to {to}",
    "escalated": "passed on to {to}",
    "redistributed": "taken from its salesperson",
    "offered": "offered to {to}",
    "taken": "taken by {to}",
    "left": "nobody else can take it",
}
SAID = {
    "converted": "converted",
    "lost": "lost",
    "reopened": "open again",
    "returned": "came back: open again",
}
# Of these assignments a step says the same.
BY_PEOPLE = ("person", "escalation", "offer")


@dataclass(frozen=True)
class Entry:
    """Something that happened to the lead; ``kind``: it did it by itself, its score moved, or
    another thing."""

    at: datetime
    what: str
    more: str
    kind: Literal["did", "scored", "other"] = "other"


def history(session: Session, lead: Lead) -> list[Entry]:
    """What the lead did, what was done with it, and how it ended; the newest first, of what it did
    the newest ``EVENTS``."""
    found = [Entry(lead.created_at, "came in", f"from {lead.source}")]
    found += _facts(session, lead.id)
    found += _scores(session, lead.id)
    found += _assigned(session, lead.id)
    found += _merged(session, lead.id)
    return sorted(found, key=lambda entry: entry.at, reverse=True)


def _facts(session: Session, lead_id: str) -> Iterator[Entry]:
    did = select(LeadEvent).where(LeadEvent.lead_id == lead_id)
    types = read_types(session)
    for event in session.scalars(did.order_by(LeadEvent.occurred_at.desc()).limit(EVENTS)):
        by = "a salesperson" if event.type in types.of_reps else "the lead"
        what = types.by_name[event.type].label if event.type in types.by_name else event.type
        of_itself = event.type not in types.of_reps
        yield Entry(event.occurred_at, what.lower(), by, "did" if of_itself else "other")
    earlier = select(LeadHistory.known_until).where(LeadHistory.lead_id == lead_id)
    for at in session.scalars(earlier.order_by(LeadHistory.known_until.desc()).limit(NEWEST)):
        yield Entry(at, "what is known of it changed", "")
    yield from _ends(session, lead_id)


def _ends(session: Session, lead_id: str) -> Iterator[Entry]:
    """What was said of its end, what has been corrected since too."""
    said = said_of(session, lead_id)[-NEWEST:]
    names = names_of_people(session, [one.told_by for one in said])
    for one in said:
        by = names.get(one.told_by or "") or doer(one.told_by or one.source)
        when = (
            f", said {one.said_at:%Y-%m-%d}" if one.said_at.date() > one.occurred_at.date() else ""
        )
        yield Entry(one.occurred_at, SAID[one.said], f"{by}{when}")


def _scores(session: Session, lead_id: str) -> Iterator[Entry]:
    """Those that moved: another level, or a point or more from the one told before."""
    newest = (
        select(LeadScore.as_of, LeadScore.total_score, LeadScore.level, LeadScore.model_version)
        .where(LeadScore.lead_id == lead_id)
        .order_by(LeadScore.as_of.desc())
        .limit(SCORES)
    )
    told: tuple[float, str] | None = None
    for as_of, total, level, version in reversed(session.execute(newest).all()):
        if told is None or level != told[1] or abs(total - told[0]) >= 1:
            was = "" if told is None else f"was {told[0]:.0f}, {told[1]}; "
            yield Entry(
                as_of, f"scored {total:.0f}, {level}", f"{was}model version {version}", "scored"
            )
            told = total, level
    overrides = session.scalars(select(ScoreOverride).where(ScoreOverride.lead_id == lead_id)).all()
    names = names_of_people(session, [made.set_by for made in overrides])
    for made in overrides:
        what = f"score set to {made.new_score:.0f} ({made.status})"
        yield Entry(
            made.created_at, what, f"{names.get(made.set_by) or doer(made.set_by)}: {made.reason}"
        )


def _assigned(session: Session, lead_id: str) -> Iterator[Entry]:
    reps = names_of_reps(session)
    given = select(Assignment).where(
        Assignment.lead_id == lead_id, Assignment.source.not_in(BY_PEOPLE)
    )
    for made in session.scalars(given.order_by(Assignment.assigned_at.desc()).limit(NEWEST)):
        yield Entry(made.assigned_at, f"given to {reps[made.rep_id]}", made.why)
    steps = steps_of(session, lead_id)[-NEWEST:]
    names = names_of_people(session, [step.actor for step in steps])
    for step in steps:
        yield Entry(step.at, _words(step, reps), _by(step, names))


def _merged(session: Session, lead_id: str) -> Iterator[Entry]:
    """The leads that were merged with this one, and split off again."""
    merges = merges_of(session, lead_id).items
    names = names_of_people(session, [by for one in merges for by in (one.merged_by, one.split_by)])
    for one in merges:
        other = one.other_id if one.survivor_id == lead_id else one.survivor_id
        by = names.get(one.merged_by) or doer(one.merged_by)
        yield Entry(one.merged_at, f"merged with {other}", f"{by}: {one.reason}")
        if one.split_at is not None and one.split_by is not None:
            by = names.get(one.split_by) or doer(one.split_by)
            yield Entry(one.split_at, f"split from {other}", by)


def _words(step: AssignmentStep, reps: dict[str, str]) -> str:
    words = STEPS.get(step.kind, step.kind.replace("_", " "))
    said = ", ".join(filter(None, (step.detail.get("kind"), step.detail.get("result"))))
    to = reps.get(step.detail.get("to", ""), "somebody else")
    return words.format(to=to) + (f" ({said})" if said else "")


def _by(step: AssignmentStep, names: dict[str, str]) -> str:
    who = names.get(step.actor) or doer(step.actor)
    return f"{who}: {step.reason}" if step.reason else who
