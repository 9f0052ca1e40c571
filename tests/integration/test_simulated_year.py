"""A simulated year: what serves follows the market, by the functions that flows call."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, func, select, text

from features.training_moments import AGES_IN_DAYS
from leadflow.approvals.tables import Approval
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.scoring.monitoring.tables import ModelCheck
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings, get_settings
from leadflow.simulation.year.happened import Year
from leadflow.simulation.year.page import write_page
from leadflow.simulation.year.plan import BEGINS, Plan
from leadflow.simulation.year.running import StoreNotEmpty, simulate_year
from tests.servers import forget_models

pytestmark = pytest.mark.uncounted
FEW_DAYS = Plan(days=3, history=130, leads_a_day=20, changes=(1, 2), held_out=500)
SHORT = Plan(days=60, history=130, leads_a_day=20, changes=(25, 45), held_out=1_000)


@pytest.fixture
def settings(store: Engine) -> Iterator[Settings]:
    """Settings of a model of its own, in an empty store."""
    settings = get_settings()
    forget_models(settings)
    yield settings
    forget_models(settings)


def kinds(year: Year) -> list[str]:
    return [one.kind for one in year.happened]


def lived_through(year: Year, plan: Plan) -> list[ModelCheck]:
    """The checks of each day, once it is sure that all that belongs to it is there."""
    assert kinds(year)[:2] == ["training", "gate"]
    with unit_of_work() as session:
        leads = session.scalar(select(func.count()).select_from(Lead))
        in_the_year = select(func.count()).select_from(Lead).where(Lead.created_at >= BEGINS)
        new, scored = (
            session.scalar(in_the_year),
            session.scalar(select(func.count(LeadScore.lead_id))),
        )
        decided = session.scalars(select(Approval)).all()
        checks = session.scalars(select(ModelCheck).order_by(ModelCheck.checked_at)).all()
        ahead = session.scalar(
            text("SELECT count(*) FROM lead_events WHERE occurred_at > :now"),
            {"now": checks[-1].checked_at},
        )
    came = (plan.history + plan.days) * plan.leads_a_day
    assert (leads, scored, len(checks), ahead) == (came, new, plan.days, 0)
    assert len(decided) == kinds(year).count("gate")
    assert sum(one.status == "approved" for one in decided) == kinds(year).count("promotion")
    assert f"{year.trainings} training" in write_page(year)
    return list(checks)


def test_days_are_lived_through_by_the_functions_of_the_flows(
    store: Engine, settings: Settings
) -> None:
    lived_through(simulate_year(FEW_DAYS, settings), FEW_DAYS)


@pytest.mark.long
def test_over_sixty_days_a_change_is_seen_before_any_lead_from_after_it_has_ended(
    store: Engine, settings: Settings
) -> None:
    year = simulate_year(SHORT, settings)
    checks = lived_through(year, SHORT)
    assert "promotion" in kinds(year)
    moved = [check for check in checks if check.findings["moved"]]
    assert 25 < (moved[0].checked_at - checks[0].checked_at).days < 25 + max(AGES_IN_DAYS)


@pytest.mark.usefixtures("settings")
def test_it_is_not_lived_in_a_store_that_holds_leads(store: Engine) -> None:
    with unit_of_work() as session:
        session.add(Lead(source="test"))
    with pytest.raises(StoreNotEmpty, match="needs its own"):
        simulate_year(SHORT, get_settings())


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_over_a_year_what_serves_follows_both_changes_of_the_market(
    store: Engine, settings: Settings
) -> None:
    year = simulate_year(Plan(), settings)
    assert max(year.errors) < 0.003
    assert [one.holds for one in year.followed] == [True, True], year.followed
    assert all(one.holds for one in year.promoted), year.promoted
