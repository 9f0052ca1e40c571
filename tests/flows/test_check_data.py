"""check_data on a real Prefect server: what does not hold is shown, kept and heeded."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select, text

from leadflow.checks.report import docs_folder
from leadflow.checks.tables import DataCheck
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from tests.artifacts import newest_artifact

pytestmark = pytest.mark.servers


def test_what_holds_and_what_does_not_is_shown_kept_and_heeded(
    prefect: object, store: Engine
) -> None:
    from flows.check_data import check_data
    from flows.score_leads import score_leads
    from flows.train_model import train_model

    simulate(store, get_settings(), seed=5, leads=60, months=6.0, reps=2, now=datetime.now(UTC))
    assert "leads: 10 of 10 expectations hold in 60 rows." in check_data(["leads", "events"])
    assert newest_artifact("data-checks").startswith("# Data: all holds")
    with unit_of_work(store) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE leads SET company_size = 2000000000, updated_at = now()"))
    found = check_data(["leads"])
    assert "A company has as many people as there are: not so in" in found
    shown = newest_artifact("data-checks")
    assert "- **critical**: A company has as many people as there are" in shown
    with unit_of_work() as session:
        checks = session.scalars(select(DataCheck).order_by(DataCheck.checked_at)).all()
        assert [(one.suite, one.held, one.stops) for one in checks[-1:]] == [("leads", False, True)]
        assert f"/data-docs/{checks[-1].docs}/index.html" in shown
        assert (docs_folder(get_settings()) / str(checks[-1].docs) / "index.html").is_file()
    ended = train_model()
    assert ended.approval_id is None
    assert "The data do not hold what they must. leads: A company" in ended.words
    assert score_leads(everything=True) == 60
    assert "A company has as many people" in newest_artifact("data-warning")
