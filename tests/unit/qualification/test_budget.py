"""A day's budget is never exceeded, however dear leads turn out."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from leadflow.integrations.ai.prompts import CREW, DATA, answer_text, task_text
from leadflow.qualification.budget import (
    REQUEST_TOKENS,
    Prices,
    Spending,
    affordable,
    dearest_lead,
    start_of_day,
)
from leadflow.qualification.lead_record import LONGEST_RECORD

amounts = st.integers(0, 10**9)


@given(
    spent=st.builds(Spending, amounts, amounts),
    budget=st.builds(Spending, amounts, amounts),
    dearest=st.builds(Spending, st.integers(1, 10**6), amounts),
)
def test_as_many_leads_as_the_rest_of_both_budgets_pays_for(
    spent: Spending, budget: Spending, dearest: Spending
) -> None:
    leads = affordable(spent, budget, dearest)
    assert leads >= 0
    if leads:
        assert spent.tokens + leads * dearest.tokens <= budget.tokens
        assert dearest.cost_micro == 0 or (
            spent.cost_micro + leads * dearest.cost_micro <= budget.cost_micro
        )


def test_tokens_cost_their_price_rounded_up_to_a_millionth() -> None:
    prices = Prices(Decimal("0.15"), Decimal("0.60"))
    assert prices.cost(1_000_000, 1_000_000) == 750_000
    assert prices.cost(1, 0) == 1
    assert Prices(Decimal(0), Decimal(0)).cost(10**6, 10**6) == 0


def test_no_request_is_longer_than_the_budget_counts_on() -> None:
    role_and_frame = 600
    for part in CREW:
        words = len(task_text(part, {}) + answer_text(part, with_schema=True) + part.goal)
        assert words + LONGEST_RECORD + role_and_frame <= 2 * REQUEST_TOKENS
        assert DATA in task_text(part, {})


def test_the_dearest_lead_has_three_answers_of_full_length() -> None:
    dearest = dearest_lead(Prices(Decimal(0), Decimal(1)), 1000)
    assert dearest.cost_micro == 3000
    assert dearest.tokens == 3 * REQUEST_TOKENS + 2 * 1000 + 3 * 1000


def test_a_day_begins_at_midnight_utc() -> None:
    evening = datetime(2026, 5, 1, 23, 30, tzinfo=timezone(timedelta(hours=-8)))
    assert start_of_day(evening) == datetime(2026, 5, 2, tzinfo=UTC)
