"""qualify_leads on a real Prefect server, against llmock: it asks, keeps, and always ends well."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, func, select

from leadflow.database.engine import unit_of_work
from leadflow.leads.schemas import LeadIn
from leadflow.leads.upsert import upsert_lead
from leadflow.qualification.tables import AiQualification
from leadflow.scoring.serving.score import score_lead
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from models.rubric import Rubric
from tests.ai_endpoints import LLMock, qualification
from tests.artifacts import newest_artifact
from tests.servers import free_port

pytestmark = pytest.mark.servers
QUOTES = [{"field": "industry", "quote": "technology"}]
GOOD = (
    {"facts": QUOTES},
    qualification(90.0, QUOTES),
    {"unsupported": [], "score": 90.0, "confidence": 0.7},
)


def put(count: int) -> None:
    rubric, now = Rubric.load(), datetime.now(UTC)
    with unit_of_work() as session:
        for number in range(count):
            lead, _ = upsert_lead(
                session,
                LeadIn(
                    email=f"ada{number}@company.com",
                    company_size=100 + number,
                    industry="technology",
                    job_title="VP of Marketing",
                    budget=25000,
                    timeline="1-3 months",
                    website_visits=8,
                ),
                now,
            )
            score_lead(session, rubric, lead.id, now, get_settings())


def rows() -> list[AiQualification]:
    with unit_of_work() as session:
        return list(session.scalars(select(AiQualification).order_by(AiQualification.id)))


def told() -> dict[str, Any]:
    """The newest table of what was asked."""
    newest = newest_artifact("qualified-leads")
    assert "company.com" not in newest
    found: list[dict[str, Any]] = json.loads(newest)
    return found[0]


@pytest.fixture
def asking(
    store: Engine, prefect: object, llmock: LLMock, monkeypatch: pytest.MonkeyPatch
) -> LLMock:
    """Leadflow with a key and llmock as its endpoint; no model has been promoted."""
    settings = get_settings()
    for name, value in {
        "model_name": "nothing-promoted",
        "ai_base_url": llmock.url,
        "ai_api_key": SecretStr("key"),
        "ai_retries": 0,
        "ai_timeout_seconds": 20.0,
        "ai_concurrency": 2,
        "ai_price_in": Decimal("0.15"),
        "ai_price_out": Decimal("0.60"),
        "ai_levels": "hot,warm,cold,unqualified",
    }.items():
        monkeypatch.setattr(settings, name, value)
    llmock.script()
    return llmock


def test_leads_are_asked_about_kept_and_scored_again(asking: LLMock) -> None:
    from flows.qualify_leads import qualify_leads

    put(3)
    asking.script(*({"type": "reply", "text": json.dumps(each)} for each in GOOD))
    one = qualify_leads(limit=1)
    assert (one.asked, one.answered, one.from_cache) == (1, 1, 0)
    assert "as one run may ask" in one.note
    (row,) = rows()
    assert (row.status, row.score) == ("answered", 90.0)
    assert row.cost_micro == one.cost_micro > 0
    with unit_of_work() as session:
        score = session.scalars(
            select(LeadScore).where(LeadScore.lead_id == row.lead_id, LeadScore.is_current)
        ).one()
    assert score.contributions["ai_score"] == pytest.approx(8.0)

    rest = qualify_leads()
    assert (rest.asked, rest.answered, rest.note) == (2, 2, "")
    assert told()["asked"] == 2
    assert len(asking.requests()) == 9
    again = qualify_leads()
    assert (again.asked, again.from_cache) == (0, 0)
    assert len(asking.requests()) == 9


def test_without_a_key_nothing_is_asked_and_the_run_says_so(
    asking: LLMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.qualify_leads import qualify_leads

    put(1)
    monkeypatch.setattr(get_settings(), "ai_api_key", None)
    done = qualify_leads()
    assert done.note.startswith("AI is not asked: no key")
    assert (rows(), asking.requests()) == ([], [])
    assert told()["asked"] == 0


def test_an_endpoint_that_is_down_is_asked_once_a_round_and_no_more(
    asking: LLMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.qualify_leads import qualify_leads

    put(5)
    monkeypatch.setattr(get_settings(), "ai_base_url", f"http://127.0.0.1:{free_port()}/v1")
    done = qualify_leads()
    assert (done.asked, done.answered) == (2, 0)
    assert "does not answer" in done.note
    assert {row.error for row in rows()} == {"unreachable"}
    assert told()["failed: unreachable"] == 2


@pytest.mark.long
def test_one_wrong_answer_keeps_nobody_else_from_being_asked_about(asking: LLMock) -> None:
    from flows.qualify_leads import qualify_leads

    put(4)
    asking.script({"type": "reply", "text": "no JSON at all"})
    done = qualify_leads()
    assert (done.asked, done.answered) == (4, 3)
    assert [row.error for row in rows() if row.error] == ["not JSON"]


def test_a_day_s_budget_ends_the_asking(asking: LLMock, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.qualify_leads import qualify_leads

    put(4)
    # Room for the dearest lead once, and less than that once anything is spent.
    monkeypatch.setattr(get_settings(), "ai_daily_tokens", 25_600)
    done = qualify_leads()
    assert (done.asked, done.answered) == (1, 1)
    assert "budget is used up" in done.note
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(AiQualification)) == 1
