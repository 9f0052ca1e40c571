"""The choice of leads that a crew is asked about: those worth it, within the day's budget."""

from datetime import datetime, timedelta

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from leadflow.leads.tables import Lead, LeadEvent, Outcome
from leadflow.qualification.asking import Question
from leadflow.qualification.budget import (
    MICRO,
    Prices,
    Spending,
    affordable,
    dearest_lead,
    start_of_day,
)
from leadflow.qualification.lead_record import content_hash
from leadflow.qualification.stored_records import read_records
from leadflow.qualification.tables import AiQualification
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings

Asked = AiQualification


def leads_to_ask(
    session: Session, settings: Settings, prompt_version: str, now: datetime, limit: int
) -> list[Question]:
    """The best leads worth asking about, no more than ``limit``.

    Worth it is an open lead at one of the chosen levels of which something has become known since
    it was last asked about; or that was never asked about with this prompt and model; or that got
    no answer, some hours ago.
    """
    ids = session.scalars(_worth_asking(settings, prompt_version, now).limit(limit)).all()
    records = read_records(session, ids)
    return [
        Question(
            lead_id,
            records[lead_id],
            content_hash(records[lead_id], prompt_version, settings.ai_model),
            now,
        )
        for lead_id in ids
    ]


def within_budget(session: Session, settings: Settings, now: datetime) -> int:
    """How many leads the rest of the day's budget pays for, however dear they turn out."""
    tokens, cost = session.execute(
        select(
            func.coalesce(func.sum(Asked.tokens_in + Asked.tokens_out), 0),
            func.coalesce(func.sum(Asked.cost_micro), 0),
        ).where(Asked.asked_at >= start_of_day(now), Asked.cost_currency == settings.ai_currency)
    ).one()
    budget = Spending(settings.ai_daily_tokens, int(settings.ai_daily_cost * MICRO))
    dearest = dearest_lead(prices(settings), settings.ai_max_tokens)
    return affordable(Spending(int(tokens), int(cost)), budget, dearest)


def prices(settings: Settings) -> Prices:
    """What tokens cost at this endpoint."""
    return Prices(settings.ai_price_in, settings.ai_price_out)


def _worth_asking(settings: Settings, prompt_version: str, now: datetime) -> Select[tuple[str]]:
    asked = aliased(Asked)
    heard_since = exists().where(
        LeadEvent.lead_id == asked.lead_id, LeadEvent.known_at > asked.asked_at
    )
    still_answered = and_(
        asked.status == "answered",
        asked.prompt_version == prompt_version,
        asked.model == settings.ai_model,
        asked.asked_at >= Lead.updated_at,
        ~heard_since,
    )
    just_failed = and_(
        asked.status == "not_answered",
        asked.asked_at > now - timedelta(hours=settings.ai_retry_hours),
    )
    settled = exists().where(asked.lead_id == Lead.id, or_(still_answered, just_failed))
    ended = exists().where(Outcome.lead_id == Lead.id)
    return (
        select(Lead.id)
        .join(LeadScore, LeadScore.lead_id == Lead.id)
        .where(
            LeadScore.is_current,
            LeadScore.level.in_(settings.ai_levels.split(",")),
            ~ended,
            ~settled,
        )
        .order_by(LeadScore.total_score.desc(), Lead.id)
    )
