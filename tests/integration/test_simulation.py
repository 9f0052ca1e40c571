"""The simulated market in the store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, func, select

from leadflow.assignment.tables import Rep
from leadflow.consent.tables import ConsentEvent
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead, LeadEvent, Outcome
from leadflow.settings import get_settings
from leadflow.simulation.export import write_new_leads
from leadflow.simulation.service import simulate

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def counts() -> tuple[int, ...]:
    with unit_of_work() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Lead, LeadEvent, Outcome, Rep)
        )


def test_the_same_market_twice_changes_nothing(store: Engine) -> None:
    arguments = {"seed": 33, "leads": 200, "months": 12.0, "reps": 4, "now": NOW}
    first = simulate(store, get_settings(), **arguments)  # type: ignore[arg-type]
    after = counts()
    assert after[0] == first.leads == 200
    assert after[1] == first.events > 2000
    assert after[2] == first.converted + first.lost
    assert after[3] == 4 + 1  # with the head of sales
    assert first.truth is not None
    truth = pd.read_parquet(first.truth)
    later = arguments | {"now": NOW + timedelta(days=9)}
    again = simulate(store, get_settings(), **later)  # type: ignore[arg-type]
    assert (again.leads, again.events) == (0, 0)
    assert counts() == after
    assert again.ceiling_auc == first.ceiling_auc
    pd.testing.assert_frame_equal(pd.read_parquet(first.truth), truth)


def test_what_features_need_is_derived_and_the_truth_stays_outside(store: Engine) -> None:
    summary = simulate(store, get_settings(), seed=33, leads=200, months=12.0, reps=4, now=NOW)
    with unit_of_work() as session:
        leads = session.scalars(select(Lead)).all()
    assert {lead.email_kind for lead in leads} == {"company", "free"}
    assert {"US", "GB", "DE"} <= {lead.country for lead in leads}
    assert {"vice president", "manager"} <= {lead.seniority for lead in leads}
    assert any(lead.phone is None for lead in leads)
    assert all("probability" not in lead.attributes for lead in leads)
    with unit_of_work() as session:
        left = select(LeadEvent.lead_id).where(LeadEvent.type == "unsubscribe")
        heard = session.scalars(select(ConsentEvent.lead_id).order_by("lead_id")).all()
        assert heard == sorted(session.scalars(left)) != []
    assert summary.truth is not None
    truth = pd.read_parquet(summary.truth)
    assert sorted(truth["external_id"]) == sorted(str(lead.external_id) for lead in leads)


def test_the_exported_file_has_a_company_s_own_columns_and_mistakes(tmp_path: Path) -> None:
    file, mapping = write_new_leads(tmp_path, 3, 50, NOW)
    frame = pd.read_csv(file)
    assert len(frame) == 50
    assert "Work e-mail" in frame.columns
    assert (pd.to_numeric(frame["Employees"], errors="coerce") < 0).sum() == 1
    assert mapping.read_text().startswith("source:")
