"""assign_leads and escalate_assignments on a real Prefect server: from score to salesperson, and on
to who stands above where nobody gets in touch."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.assignment.tables import Assignment, AssignmentStep, Rep
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import unit_of_work
from leadflow.outbox.tables import OutboxRow
from tests.artifacts import newest_artifact
from tests.flows.test_qualification import put

pytestmark = pytest.mark.servers
TEAM = """
reps:
  - {id: one, name: One, capacity: 2}
  - {id: two, name: Two, capacity: 2}
"""


def test_leads_are_handed_out_escalated_and_listed_by_the_flows(
    prefect: object, store: Engine, tmp_path: Path
) -> None:
    from flows.assign_leads import assign_leads
    from flows.escalate_assignments import escalate_assignments

    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
    put(5)
    assert assign_leads() == 4
    assert "Nobody can take it: 2 full." in newest_artifact("assigned-leads")
    with unit_of_work() as session:
        assert len(session.scalars(select(UnroutableLead)).all()) == 1
        late = datetime.now(UTC) - timedelta(minutes=1)
        of_two = select(Assignment).join(Rep).where(Rep.external_id == "two").limit(1)
        one = session.scalars(of_two).one()
        changed = update(Assignment).where(Assignment.id == one.id)
        came = late - timedelta(minutes=5)
        clock = {"assigned_at": came, "clock_starts_at": came, "due_at": late}
        session.execute(changed.values(**clock, next_step_at=late))
    assert escalate_assignments() == 2
    assert "alarm: nobody can take" in newest_artifact("escalated-leads")
    with unit_of_work() as session:
        kinds = session.scalars(select(AssignmentStep.kind)).all()
        assert kinds == ["passed_over"] * 3 + ["offered"]
        told = session.scalars(select(OutboxRow).where(OutboxRow.act == "notify_rep")).all()
        assert {row.status for row in told} == {"waiting"}
    assert escalate_assignments() == 0
