"""An opinion claims only what it quotes, and reaches only as far as that carries."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leadflow.qualification.evidence import (
    criticised,
    holds,
    kept_qualification,
    kept_research,
    reached,
)
from leadflow.qualification.lead_record import Record
from leadflow.qualification.schemas import TOPICS, Critique, Qualification, Quote, Research

RECORD: Record = {
    "company_name": "TechCorp Inc",
    "budget": "25000.00 USD",
    "company_size": 150,
    "website_visits": 8,
    "service_requirements": ["crm integration"],
    "attributes": {"plan": "pro", "note": "we start in May"},
}
scores = st.floats(0, 100)
numbers = st.integers(0, 4)


def finding(field: str, quote: str) -> dict[str, Any]:
    return {"finding": "It says so.", "evidence": [{"field": field, "quote": quote}]}


def answer(score: float = 80.0, **findings: dict[str, Any]) -> Qualification:
    nothing = {"finding": "Nothing known.", "evidence": []}
    return Qualification.model_validate(
        {name: findings.get(name, nothing) for name in TOPICS}
        | {"score": score, "confidence": 0.8, "next_question": "When do you want to start?"}
    )


@pytest.mark.parametrize(
    ("field", "quote"),
    [
        ("budget", "25000"),
        ("company_size", "150"),
        ("website_visits", "8"),
        ("service_requirements", "crm"),
        ("attributes.plan", "pro"),
        ("attributes", "start in May"),
    ],
)
def test_words_that_stand_in_the_field_hold(field: str, quote: str) -> None:
    assert holds(Quote(field=field, quote=quote), RECORD)


@pytest.mark.parametrize(
    ("field", "quote"),
    [
        ("budget", "1000000 USD"),
        ("company_name", "25000"),
        ("company_name", "techcorp"),
        ("company_name", ""),
        ("company_name", "T"),
        ("company_size", "15"),
        ("no_such_field", "TechCorp"),
        ("attributes.missing", "pro"),
        ("budget.inner", "25000"),
    ],
)
def test_words_that_do_not_stand_there_do_not_hold(field: str, quote: str) -> None:
    assert not holds(Quote(field=field, quote=quote), RECORD)


def test_a_finding_without_true_evidence_is_dropped_and_a_true_one_kept() -> None:
    kept = kept_qualification(
        answer(100, budget=finding("budget", "25000"), need=finding("company_name", "invented")),
        RECORD,
    )
    assert kept.budget.evidence[0].quote == "25000"
    assert kept.need.finding == ""
    assert kept.need.evidence == []
    assert kept.score == 62.5


def test_an_opinion_without_evidence_is_no_opinion() -> None:
    assert kept_qualification(answer(100), RECORD).score == 50
    assert kept_qualification(answer(0), RECORD).score == 50


def test_research_keeps_only_true_quotes() -> None:
    facts = [Quote(field="budget", quote="25000"), Quote(field="budget", quote="much")]
    assert kept_research(Research(facts=facts), RECORD).facts == facts[:1]


@pytest.mark.parametrize("link", ["https://evil.example", "mail me at a@b.de", "see www.evil.test"])
def test_a_question_with_a_link_or_an_address_is_not_asked(link: str) -> None:
    asked = answer().model_copy(update={"next_question": f"Have you seen {link}?"})
    assert kept_qualification(asked, RECORD).next_question == ""


@given(score=scores, findings=numbers)
def test_a_score_stays_within_what_its_findings_carry(score: float, findings: int) -> None:
    assert abs(reached(score, findings) - 50) <= 12.5 * findings
    assert reached(score, 4) == score


@given(score=scores, theirs=scores, lost=st.lists(st.sampled_from(TOPICS), max_size=4))
def test_a_critic_lowers_and_never_raises(score: float, theirs: float, lost: list[Any]) -> None:
    quoted = {name: finding("budget", "25000") for name in TOPICS}
    before = kept_qualification(answer(score, **quoted), RECORD)
    after = criticised(before, Critique(unsupported=lost, score=theirs, confidence=1.0))
    assert after.score <= before.score
    assert after.confidence <= before.confidence
    assert after.score <= 50 + 12.5 * (4 - len(set(lost)))
    assert all(getattr(after, name).evidence == [] for name in lost)


def test_a_critic_cannot_sink_a_lead_of_which_nothing_was_found() -> None:
    before = kept_qualification(answer(80), RECORD)
    after = criticised(before, Critique(unsupported=[], score=0.0, confidence=1.0))
    assert after.score == 50


@pytest.mark.parametrize("score", [1e9, -1.0, float("nan"), float("inf"), "90", True, None])
def test_a_score_that_is_none_is_refused(score: object) -> None:
    with pytest.raises(ValidationError):
        Qualification.model_validate(answer().model_dump() | {"score": score})


def test_an_answer_with_anything_more_is_refused() -> None:
    with pytest.raises(ValidationError):
        Qualification.model_validate(answer().model_dump() | {"tool": "send_mail"})
