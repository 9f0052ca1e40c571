"""Keeping what a crew answered about a lead, and telling whether it was asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy import ARRAY, Text, any_, func, literal, select
from sqlalchemy.orm import Session

from leadflow.audit.queue import record_soon
from leadflow.leads.tables import Lead
from leadflow.qualification.asking import Answer, Question
from leadflow.qualification.choosing import prices
from leadflow.qualification.lead_record import Record
from leadflow.qualification.schemas import Qualification
from leadflow.qualification.stored_records import read_records
from leadflow.qualification.tables import AiQualification
from leadflow.scoring.serving.audit_entries import Rescored, score_entries
from leadflow.scoring.serving.score import current_scores, score_lead
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.scores import Scorer

Status = Literal["not asked", "not answered", "answered"]
Asked = AiQualification


class LeadGone(RuntimeError):
    """The lead was deleted, or merged into another, since it was chosen."""


def statuses_of(session: Session, lead_ids: Sequence[str]) -> dict[str, Status]:
    """Whether AI, asked about these leads, has ever answered; a lead it was not asked about is
    absent."""
    these = Asked.lead_id == any_(literal(list(lead_ids), ARRAY(Text)))
    found = session.execute(
        select(Asked.lead_id, func.bool_or(Asked.status == "answered"))
        .where(these)
        .group_by(Asked.lead_id)
    )
    return {lead_id: "answered" if answered else "not answered" for lead_id, answered in found}


def record(session: Session, lead_id: str) -> Record:
    """What a crew may read of this lead: never its names, e-mail address or phone number.

    Raises:
        LeadGone: there is no such lead.
    """
    found = read_records(session, [lead_id])
    if lead_id not in found:
        raise LeadGone(f"There is no lead {lead_id} any more; nothing is asked about it.")
    return found[lead_id]


def known_answers(session: Session, hashes: Sequence[str]) -> Mapping[str, Answer]:
    """Answers given before to the very same questions, by content hash."""
    rows = session.scalars(
        select(Asked)
        .where(Asked.content_hash.in_(hashes), Asked.status == "answered")
        .distinct(Asked.content_hash)
        .order_by(Asked.content_hash, Asked.known_at)
    )
    return {
        row.content_hash: Answer(
            qualification=Qualification.model_validate(row.qualification),
            error=None,
            prompt=row.prompt,
            prompt_version=row.prompt_version,
            model=row.model,
            tokens_in=0,
            tokens_out=0,
            from_cache=True,
        )
        for row in rows
    }


def store_answer(
    session: Session,
    scorer: "Scorer",
    question: Question,
    answer: Answer,
    now: datetime,
    settings: Settings,
) -> AiQualification:
    """Keep what came of a question; where it was answered, score the lead again.

    Raises:
        LeadGone: the lead is not there any more.
    """
    held = (
        select(Lead.id)
        .where(Lead.id == question.lead_id)
        .with_for_update(read=True, key_share=True)
    )
    if session.scalar(held) is None:
        raise LeadGone(f"There is no lead {question.lead_id} any more; its answer is not kept.")
    row = _row(question, answer, now, settings)
    session.add(row)
    session.flush()
    if answer.qualification:
        before = current_scores(session, [question.lead_id]).get(question.lead_id)
        score = score_lead(session, scorer, question.lead_id, now, settings)
        record_soon(session, score_entries([Rescored(score, before, "qualify_leads")]))
    return row


def _row(question: Question, answer: Answer, now: datetime, settings: Settings) -> AiQualification:
    told = answer.qualification
    return AiQualification(
        lead_id=question.lead_id,
        asked_at=question.asked_at,
        known_at=now if told else None,
        status="answered" if told else "not_answered",
        score=told.score if told else None,
        confidence=told.confidence if told else None,
        qualification=told.model_dump(mode="json") if told else None,
        next_question=told.next_question if told else None,
        content_hash=question.content_hash,
        prompt_version=answer.prompt_version,
        prompt=answer.prompt,
        model=answer.model,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        cost_micro=prices(settings).cost(answer.tokens_in, answer.tokens_out),
        cost_currency=settings.ai_currency,
        from_cache=answer.from_cache,
        error=None if told else answer.error,
    )
