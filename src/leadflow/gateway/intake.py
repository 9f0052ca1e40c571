"""Taking a lead in and telling where it stands: leads, scoring and assignment in one answer."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, Rep
from leadflow.database.engine import unit_of_work
from leadflow.database.ids import new_id
from leadflow.database.tables import InboxRow
from leadflow.gateway.problems import Problem
from leadflow.gateway.schemas import LeadAnswer, LeadOut, LeadStatus, Owner, ScoreOut
from leadflow.gateway.security import Caller
from leadflow.leads.schemas import LeadIn
from leadflow.leads.service import get_lead, upsert_lead
from leadflow.leads.tables import Outcome
from leadflow.qualification.service import status_of
from leadflow.scoring.levels import NEXT_STEPS
from leadflow.scoring.service import LeadNotScored, current_score, score_lead
from leadflow.settings import get_settings

router = APIRouter(tags=["leads"])
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        description="Any text of yours; a request sent again under the same key is taken once.",
    ),
]


@router.post("/leads", response_model=LeadAnswer, status_code=201, summary="Take a lead in")
def take_lead(
    body: LeadIn,
    request: Request,
    response: Response,
    caller: Caller,
    idempotency_key: IdempotencyKey = None,
) -> LeadAnswer:
    """Store the lead, score it, say what happens next: 201 for a new lead, 200 for one whose
    e-mail address is known and that was updated."""
    scorer = request.app.state.serving.current()
    now = datetime.now(UTC)
    with unit_of_work() as session:
        delivery = _accept(session, caller, idempotency_key, body)
        if delivery is not None and delivery.status == "done" and delivery.result:
            response.headers["Idempotent-Replay"] = "true"
            response.status_code = 200
            return _answer(session, delivery.result["lead_id"], created=False)
        lead, created = upsert_lead(session, body, now)
        score_lead(session, scorer, lead.id, now, get_settings())
        if delivery is not None:
            delivery.status, delivery.handled_at = "done", now
            delivery.result = {"lead_id": lead.id}
        response.status_code = 201 if created else 200
        return _answer(session, lead.id, created)


@router.get(
    "/leads/{lead_id}/status", response_model=LeadStatus, summary="Where does a lead stand?"
)
def lead_status(lead_id: str, caller: Caller) -> LeadStatus:
    """The lead's score, its salesperson and why that one, its outcome, and what happens next."""
    with unit_of_work() as session:
        lead = get_lead(session, lead_id)
        try:
            score = ScoreOut.of(current_score(session, lead.id), status_of(session, lead.id))
        except LeadNotScored:
            score = None
        owner, outcome = _owner(session, lead.id), _outcome(session, lead.id)
        return LeadStatus(
            lead_id=lead.id,
            score=score,
            owner=owner,
            outcome=outcome,
            next_step=_next_step(score.level if score else None, owner, outcome),
        )


def _accept(session: Session, caller: str, key: str | None, body: LeadIn) -> InboxRow | None:
    """The inbox row of a request that carries an idempotency key.

    Raises:
        Problem: 409, the key was used for another body.
    """
    if key is None:
        return None
    source = f"api:{caller}"
    content = json.dumps(body.model_dump(mode="json", exclude_unset=True), sort_keys=True)
    digest = sha256(content.encode()).hexdigest()
    row = {
        "id": new_id("inbox"),
        "source": source,
        "delivery_id": key,
        "content_hash": digest,
        "status": "accepted",
    }
    session.execute(insert(InboxRow).values(row).on_conflict_do_nothing())
    known = session.scalars(
        select(InboxRow)
        .where(InboxRow.source == source, InboxRow.delivery_id == key)
        .with_for_update()
    ).one()
    if known.content_hash != digest:
        raise Problem(
            409,
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request",
            "Use a new key for a new request, or send the first request again unchanged.",
        )
    return known


def _answer(session: Session, lead_id: str, created: bool) -> LeadAnswer:
    # A lead that has just come in has not been asked about.
    asked = "not asked" if created else status_of(session, lead_id)
    score = ScoreOut.of(current_score(session, lead_id), asked)
    return LeadAnswer(
        created=created,
        lead=LeadOut.of(get_lead(session, lead_id)),
        score=score,
        next_step=_next_step(score.level, _owner(session, lead_id), _outcome(session, lead_id)),
    )


def _owner(session: Session, lead_id: str) -> Owner | None:
    found = session.execute(
        select(Assignment, Rep)
        .join(Rep, Rep.id == Assignment.rep_id)
        .where(Assignment.lead_id == lead_id, Assignment.ended_at.is_(None))
    ).first()
    if found is None:
        return None
    assignment, rep = found
    return Owner(rep_id=rep.id, name=rep.name, since=assignment.assigned_at, why=assignment.reason)


def _outcome(session: Session, lead_id: str) -> str | None:
    return session.scalars(
        select(Outcome.outcome)
        .where(Outcome.lead_id == lead_id)
        .order_by(Outcome.occurred_at.desc())
        .limit(1)
    ).first()


def _next_step(level: str | None, owner: Owner | None, outcome: str | None) -> str:
    if outcome is not None:
        return f"Nothing: the lead has {'converted' if outcome == 'converted' else 'been lost'}."
    if owner is not None:
        return f"{owner.name} has this lead and gets in touch."
    if level is None:
        return "Scored at the next run of score_leads."
    return NEXT_STEPS[level]
