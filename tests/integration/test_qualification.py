"""Which leads AI is asked about, within what budget, and what its answer does to a score."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from features.moments import these_leads
from leadflow.leads.schemas import LeadIn
from leadflow.leads.tables import Lead, LeadEvent, Outcome
from leadflow.leads.upsert import upsert_lead
from leadflow.qualification import choosing, service
from leadflow.qualification.asking import Answer, Question
from leadflow.qualification.lead_record import record_text
from leadflow.qualification.schemas import Qualification
from leadflow.qualification.tables import AiQualification
from leadflow.scoring.serving.feature_frames import read_features
from leadflow.scoring.serving.score import current_score, score_lead
from leadflow.settings import Settings, get_settings
from models.rubric import Rubric
from tests.ai_endpoints import qualification

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RUBRIC = Rubric.load()
HOT: dict[str, Any] = {
    "company_name": "TechCorp Inc",
    "company_size": 150,
    "industry": "technology",
    "job_title": "VP of Marketing",
    "budget": 25000,
    "timeline": "1-3 months",
    "service_requirements": ["crm integration"],
    "website_visits": 8,
    "email_opens": 5,
    "content_downloads": 2,
}


@pytest.fixture
def settings() -> Settings:
    return get_settings().model_copy(update={"ai_levels": "hot", "ai_retry_hours": 6})


def put(session: Session, name: str, now: datetime = NOW, **known: Any) -> str:
    """A lead, taken in and scored."""
    sent = LeadIn.model_validate(HOT | {"email": f"{name}@company.com"} | known)
    lead, _ = upsert_lead(session, sent, now)
    score_lead(session, RUBRIC, lead.id, now, get_settings())
    return lead.id


def answered(score: float = 90.0, **more: Any) -> Answer:
    told = Qualification.model_validate(
        qualification(score, [{"field": "company_name", "quote": "TechCorp"}])
    )
    given: dict[str, Any] = {
        "prompt": "p",
        "prompt_version": "1",
        "tokens_in": 1000,
        "tokens_out": 200,
    }
    model = get_settings().ai_model
    given |= {"qualification": told, "error": None, "model": model}
    return Answer(**given | more)


FAILED: dict[str, Any] = {"qualification": None, "error": "timeout"}


def to_ask(session: Session, settings: Settings, now: datetime, limit: int = 10) -> list[Question]:
    return choosing.leads_to_ask(session, settings, "1", now, limit)


def store(
    session: Session, question: Question, answer: Answer, settings: Settings
) -> AiQualification:
    return service.store_answer(
        session, RUBRIC, question, answer, question.asked_at + timedelta(minutes=1), settings
    )


def test_an_answer_counts_from_when_it_is_known_and_moves_the_score_by_its_points(
    session: Session, settings: Settings
) -> None:
    lead = put(session, "ada")
    before = current_score(session, lead)
    assert service.statuses_of(session, [lead]).get(lead, "not asked") == "not asked"
    (question,) = to_ask(session, settings, NOW + HOUR)
    row = store(session, question, answered(90.0), settings)
    after = current_score(session, lead)
    assert service.statuses_of(session, [lead]).get(lead, "not asked") == "answered"
    assert after.contributions["ai_score"] == pytest.approx(8.0)
    assert after.ai == pytest.approx(58.0)
    assert after.points == pytest.approx(50 + sum(after.contributions.values()), abs=1e-6)
    assert row.known_at is not None
    for moment, known in ((row.known_at - timedelta(seconds=1), math.nan), (row.known_at, 90.0)):
        frame = read_features(session, these_leads(moment, [lead]), ())
        assert frame["ai_score"].iloc[0] == pytest.approx(known, nan_ok=True)
    assert before.contributions["ai_score"] == 0


def test_the_cap_is_a_setting(session: Session, settings: Settings) -> None:
    lead = put(session, "ada")
    (question,) = to_ask(session, settings, NOW + HOUR)
    wide = settings.model_copy(update={"ai_points_cap": 3.0})
    store(session, question, answered(100.0), wide)
    assert current_score(session, lead).contributions["ai_score"] == pytest.approx(3.0)


def test_no_answer_is_kept_and_changes_no_score(session: Session, settings: Settings) -> None:
    lead = put(session, "ada")
    before = current_score(session, lead)
    (question,) = to_ask(session, settings, NOW + HOUR)
    row = store(session, question, answered(**FAILED), settings)
    assert (row.status, row.error, row.known_at) == ("not_answered", "timeout", None)
    assert service.statuses_of(session, [lead]).get(lead, "not asked") == "not answered"
    assert current_score(session, lead) is before


def test_only_open_leads_at_the_chosen_levels_are_asked_about_best_first(
    session: Session, settings: Settings
) -> None:
    best = put(session, "best", budget=90000, website_visits=30)
    good = put(session, "good")
    lost = put(session, "lost")
    put(session, "cold", company_size=1, budget=0, website_visits=0, timeline="in 3 years")
    session.add(Outcome(lead_id=lost, outcome="lost", occurred_at=NOW, source="test"))
    session.flush()
    assert [question.lead_id for question in to_ask(session, settings, NOW + HOUR)] == [best, good]
    assert [question.lead_id for question in to_ask(session, settings, NOW, 1)] == [best]


def test_a_lead_is_asked_about_again_only_when_something_has_become_known(
    session: Session, settings: Settings
) -> None:
    lead = put(session, "ada")
    (question,) = to_ask(session, settings, NOW + HOUR)
    store(session, question, answered(), settings)
    assert to_ask(session, settings, NOW + 2 * HOUR) == []
    session.add(
        LeadEvent(
            lead_id=lead,
            type="meeting",
            occurred_at=NOW,
            known_at=NOW + 3 * HOUR,
            source="test",
        )
    )
    session.flush()
    (again,) = to_ask(session, settings, NOW + 4 * HOUR)
    assert again.content_hash != question.content_hash
    assert again.record["events"] == {"meeting": 1}


def test_another_prompt_or_model_is_another_question(session: Session, settings: Settings) -> None:
    put(session, "ada")
    (question,) = to_ask(session, settings, NOW + HOUR)
    store(session, question, answered(), settings)
    assert choosing.leads_to_ask(session, settings, "2", NOW + 2 * HOUR, 10)
    other = settings.model_copy(update={"ai_model": "another"})
    assert to_ask(session, other, NOW + 2 * HOUR)


def test_a_lead_that_got_no_answer_is_left_alone_for_some_hours(
    session: Session, settings: Settings
) -> None:
    put(session, "ada")
    (question,) = to_ask(session, settings, NOW + HOUR)
    store(session, question, answered(**FAILED), settings)
    assert to_ask(session, settings, NOW + 5 * HOUR) == []
    assert len(to_ask(session, settings, NOW + 8 * HOUR)) == 1


def test_the_very_same_question_is_answered_from_what_is_known(
    session: Session, settings: Settings
) -> None:
    put(session, "ada")
    (question,) = to_ask(session, settings, NOW + HOUR)
    store(session, question, answered(70.0), settings)
    twin = put(session, "twin", now=NOW + 2 * HOUR)
    (again,) = to_ask(session, settings, NOW + 3 * HOUR)
    known = service.known_answers(session, [again.content_hash, "unknown"])
    assert set(known) == {again.content_hash} == {question.content_hash}
    row = store(session, again, known[again.content_hash], settings)
    assert (row.lead_id, row.score, row.tokens_in, row.cost_micro) == (twin, 70.0, 0, 0)
    assert row.from_cache


def test_a_day_s_budget_of_tokens_and_of_money_is_kept(
    session: Session, settings: Settings
) -> None:
    put(session, "ada")
    (question,) = to_ask(session, settings, NOW + HOUR)
    prices = {"ai_price_in": Decimal(1), "ai_price_out": Decimal(4), "ai_max_tokens": 1000}
    priced = settings.model_copy(update=prices | {"ai_daily_cost": Decimal("0.10")})
    row = store(session, question, answered(tokens_in=50_000, tokens_out=10_000), priced)
    assert row.cost_micro == 50_000 + 40_000
    # The dearest lead is 20,000 tokens sent and 3,000 answered: 0.032 of the 0.01 that is left.
    assert choosing.within_budget(session, priced, NOW + 2 * HOUR) == 0
    assert choosing.within_budget(session, priced, NOW + timedelta(days=1)) == 3
    free = settings.model_copy(
        update={"ai_daily_tokens": 60_000 + 2 * 23_000, "ai_max_tokens": 1000}
    )
    assert choosing.within_budget(session, free, NOW + 2 * HOUR) == 2
    assert choosing.within_budget(session, free, NOW + timedelta(days=1)) == 4


def test_prompt_model_tokens_cost_and_evidence_are_stored(
    session: Session, settings: Settings
) -> None:
    put(session, "ada")
    (question,) = to_ask(session, settings, NOW + HOUR)
    store(session, question, answered(), settings)
    row = session.scalars(select(AiQualification)).one()
    assert (row.prompt, row.prompt_version, row.model) == ("p", "1", settings.ai_model)
    assert (row.tokens_in, row.tokens_out, row.content_hash) == (1000, 200, question.content_hash)
    assert row.qualification is not None
    assert row.qualification["budget"]["evidence"][0]["quote"] == "TechCorp"


def test_a_record_never_says_who_the_lead_is(session: Session) -> None:
    lead = put(
        session,
        "ada.lovelace",
        first_name="Ada",
        last_name="Lovelace",
        phone="+44 20 7946 0958",
        company_name="Lovelace Engines",
        attributes={"note": "Reach Ada at ada.lovelace@company.com or +44 20 7946 0958"},
    )
    said = record_text(service.record(session, lead)).lower()
    for personal in ("ada", "lovelace", "company.com", "7946"):
        assert personal not in said
    with pytest.raises(service.LeadGone):
        service.record(session, "lead_none")


def test_an_answer_about_a_lead_that_is_gone_is_not_kept(
    session: Session, settings: Settings
) -> None:
    lead = put(session, "ada")
    (question,) = to_ask(session, settings, NOW + HOUR)
    session.delete(session.get_one(Lead, lead))
    session.flush()
    with pytest.raises(service.LeadGone):
        store(session, question, answered(), settings)


@pytest.mark.parametrize(
    "wrong", [{"score": 101.0}, {"score": None}, {"known_at": None}, {"confidence": 2.0}]
)
def test_the_store_refuses_an_answer_that_is_none(
    session: Session, settings: Settings, wrong: dict[str, Any]
) -> None:
    put(session, "ada")
    (question,) = to_ask(session, settings, NOW + HOUR)
    row = store(session, question, answered(), settings)
    for name, value in wrong.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError):
        session.flush()
