"""What becomes known of a lead: edits, events, outcomes; and reading where it stands."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import BeforeValidator, Field

from leadflow.assignment.routing.sweep import end_closed
from leadflow.assignment.work.event_touches import touch_from_events
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.assignments import hand_out
from leadflow.gateway.api.audit_notes import fingerprints, note_act
from leadflow.gateway.api.lead_answers import (
    lead_standing,
    lead_view,
    next_step,
    score_if_any,
    score_of,
)
from leadflow.gateway.api.schemas import (
    EventsAnswer,
    LeadStatus,
    LeadView,
    OutcomeAnswer,
    ScoreExplained,
    StepUp,
)
from leadflow.gateway.http.callers import EditsLeads, ReadsLeads, TellsFacts
from leadflow.gateway.http.idempotency import IdempotencyKey, accept, finish, replay
from leadflow.leads.editing import edit_lead
from leadflow.leads.events import EventIn, record_events
from leadflow.leads.outcomes import OutcomeIn, record_outcome
from leadflow.leads.schemas import LeadEdit
from leadflow.leads.service import get_lead, lock_lead
from leadflow.scoring.overrides.service import active_override
from leadflow.scoring.serving.audit_entries import audit_score
from leadflow.scoring.serving.score import current_score, score_lead, steps_up
from leadflow.settings import get_settings

MOST_EVENTS = 1000
router = APIRouter(tags=["leads"])


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Events = Annotated[
    list[EventIn],
    Field(min_length=1, max_length=MOST_EVENTS),
    BeforeValidator(_as_list, json_schema_input_type=EventIn | list[EventIn]),
    Body(description=f"One event, or a list of up to {MOST_EVENTS:,}."),
]


@router.get("/leads/{lead_id}", response_model=LeadView, summary="Read a lead")
def read_lead(lead_id: str, caller: ReadsLeads) -> LeadView:
    """The lead as it is stored, its score with the reasons, and what happens next."""
    with unit_of_work() as session:
        return lead_view(session, lead_id, datetime.now(UTC))


@router.get("/leads/{lead_id}/score", response_model=ScoreExplained, summary="Why this score?")
def read_score(lead_id: str, request: Request, caller: ReadsLeads) -> ScoreExplained:
    """The model's score with its reasons and all its points, a person's score beside it where there
    is one, and what a person could do to raise it."""
    scorer, now = request.app.state.serving.current(), datetime.now(UTC)
    with unit_of_work() as session:
        get_lead(session, lead_id)
        return ScoreExplained(
            **dict(score_of(session, lead_id, now)),
            contributions=current_score(session, lead_id).contributions,
            would_raise=[
                StepUp(advice=step.advice, points=step.points, feature=step.feature)
                for step in steps_up(session, scorer, lead_id, now)
            ],
        )


@router.get(
    "/leads/{lead_id}/status", response_model=LeadStatus, summary="Where does a lead stand?"
)
def lead_status(lead_id: str, caller: ReadsLeads) -> LeadStatus:
    """The lead's score, its salesperson and why that one, its outcome, and what happens next."""
    with unit_of_work() as session:
        return lead_standing(session, lead_id, datetime.now(UTC))


@router.patch("/leads/{lead_id}", response_model=LeadView, summary="Change a lead")
def change_lead(lead_id: str, body: LeadEdit, request: Request, caller: EditsLeads) -> LeadView:
    """Change the fields that are sent and score the lead anew. Fields that are not sent stay as
    they are, null empties one, attributes are merged by name."""
    scorer = request.app.state.serving.current()
    with unit_of_work() as session:
        was = fingerprints(lock_lead(session, lead_id), body.model_fields_set)
        now = datetime.now(UTC)
        lead = edit_lead(session, lead_id, body, now, mark=False)
        as_of = max(now, lead.known_from)
        score = score_lead(session, scorer, lead_id, as_of, get_settings())
        audit_score(session, score, caller.id)
        hand_out(session, lead, score, as_of, active_override(session, lead_id, as_of))
        is_now = fingerprints(lead, body.model_fields_set)
        note_act(session, caller, "lead.edited", lead_id, before=was, after=is_now)
        return lead_view(session, lead_id, now)


@router.post(
    "/leads/{lead_id}/events",
    response_model=EventsAnswer,
    status_code=201,
    summary="Tell what a lead did",
)
def take_events(
    lead_id: str,
    body: Events,
    request: Request,
    response: Response,
    caller: TellsFacts,
    idempotency_key: IdempotencyKey = None,
) -> EventsAnswer:
    """Store one event or a list, all or none, and score the lead anew: 201 if any was new, else
    200. An event sent again with its source and external_id is stored once."""
    scorer = request.app.state.serving.current()
    with unit_of_work() as session:
        content = [event.model_dump(mode="json", exclude_unset=True) for event in body]
        delivery = accept(session, caller.id, idempotency_key, ["events", lead_id, content])
        counts = replay(delivery, response)
        lead = lock_lead(session, lead_id)
        now = datetime.now(UTC)
        if counts is None:
            told = [(lead_id, event) for event in body]
            stored = record_events(session, told, now, mark=False)
            scored = score_lead(session, scorer, lead_id, now, get_settings())
            audit_score(session, scored, caller.id)
            hand_out(session, lead, scored, now, active_override(session, lead_id, now))
            touch_from_events(session, told, now, caller.id)
            counts = {"new": stored.new, "known": stored.known}
            finish(delivery, counts, now)
            note_act(session, caller, "lead.events_told", lead_id, **counts)
            response.status_code = 201 if stored.new else 200
        score = score_of(session, lead_id, now)
        step = next_step(session, lead_id, score)
        return EventsAnswer(lead_id=lead_id, **counts, score=score, next_step=step)


@router.post(
    "/leads/{lead_id}/outcomes",
    response_model=OutcomeAnswer,
    status_code=201,
    summary="Tell how a lead ended",
)
def take_outcome(
    lead_id: str, body: OutcomeIn, response: Response, caller: TellsFacts
) -> OutcomeAnswer:
    """Store the outcome and free the lead's salesperson: 201 if it is new; 200 where it was known,
    and only what is said anew has changed. The next training learns from it."""
    with unit_of_work() as session:
        lock_lead(session, lead_id)
        now = datetime.now(UTC)
        currency = get_settings().default_currency
        outcome, created = record_outcome(session, lead_id, body, now, currency)
        end_closed(session, now, lead_id)
        note_act(session, caller, "lead.outcome_told", lead_id, after={"outcome": outcome.outcome})
        response.status_code = 201 if created else 200
        minor = outcome.value_minor
        return OutcomeAnswer(
            lead_id=lead_id,
            outcome=outcome.outcome,
            occurred_at=outcome.occurred_at,
            value=None if minor is None else minor / 100,
            currency=outcome.value_currency,
            created=created,
            next_step=next_step(session, lead_id, score_if_any(session, lead_id, now)),
        )
