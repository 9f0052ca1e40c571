"""The steps of escalation: move on what is due, open gates again that were lost, say what waits."""

from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_table_artifact

from leadflow.approvals.deadlines import advance_due, with_a_gate
from leadflow.approvals.service import start_gate, waiting
from leadflow.configuration.kinds import KINDS
from leadflow.database.engine import unit_of_work
from leadflow.drafts.overtaking import overtaken
from leadflow.integrations.prefect import PrefectClient
from leadflow.settings import get_settings
from tasks.run_names import say_in_name

# A run in one of these no longer waits for anybody.
OVER = {"Completed", "Failed", "Crashed", "Cancelled", "Cancelling", "TimedOut"}
MOST = 1000


@task(persist_result=False)
def advance_approvals() -> int:
    """Reminders, the next role, the end: for every decision that is late; and for changes of what
    was set up otherwise meanwhile."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        ended = overtaken(session, KINDS, now)
        return len(ended) + len(advance_due(session, now, MOST))


@task(persist_result=False)
def reopen_gates() -> int:
    """A decision that waits has a run that shows it: one that was ended is started anew."""
    client, reopened = PrefectClient(get_settings()), 0
    with unit_of_work() as session:
        for approval in with_a_gate(session, MOST):
            run_id = str(approval.flow_run_id)
            if client.state(run_id) in OVER:
                start_gate(session, approval.id, f"gate:{approval.id}:after:{run_id}")
                approval.flow_run_id = None
                reopened += 1
    return reopened


@task(persist_result=False)
def publish_waiting(moved: int) -> None:
    """Everything that waits for a decision, oldest first, as an artifact of the run."""
    with unit_of_work() as session:
        rows = [
            {
                "approval": item.id,
                "kind": item.kind,
                "waits for": " or ".join(item.roles_now),
                "since": f"{item.requested_at:%Y-%m-%d %H:%M} UTC",
                "due": f"{item.due_at:%Y-%m-%d %H:%M} UTC",
            }
            for item in waiting(session, 100)
        ]
    if moved or rows:
        create_table_artifact(
            rows, key="waits-for-people", description=f"Decisions that wait; {moved} moved on"
        )
    say_in_name(f"{moved:,} moved on")
