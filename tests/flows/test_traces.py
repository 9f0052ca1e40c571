"""A request, its queries and the flow run that it causes are one trace."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from leadflow.approvals import service as approvals
from leadflow.database.engine import unit_of_work
from leadflow.integrations.prefect import PrefectClient
from leadflow.observability.trace_context import within
from leadflow.settings import get_settings
from leadflow.supervisor.child import Child
from tests.deciders import settle, somebody
from tests.flows.test_escalate_waiting import QUESTION
from tests.gates import wait_for_state
from tests.otlp_receiver import Receiver

pytestmark = pytest.mark.servers
TRACE, CALLER_SPAN = "5bf92f3577b34da6a3ce929d0e0e4737", "00f067aa0ba902b8"


def test_a_run_that_is_started_within_a_trace_joins_it(
    working: Child, traces: Receiver, store: Engine
) -> None:
    with unit_of_work() as session:
        somebody(session, "dana", "data_scientist")
        approval_id = approvals.propose(session, QUESTION, datetime.now(UTC)).id
        settle(session, approval_id, datetime.now(UTC), "reject")
    client = PrefectClient(get_settings())
    with within(f"00-{TRACE}-{CALLER_SPAN}-01"):
        run_id = client.start_run("await_decision", {"approval_id": approval_id}, "traced")
    wait_for_state(run_id, "Completed")

    def enough(spans: object) -> bool:
        return any(one.attributes.get("prefect.run.id") == run_id for one in traces.spans)

    found = [one for one in traces.wait_for(enough, 30) if one.trace_id == TRACE]
    [run] = [one for one in found if one.attributes.get("prefect.run.id") == run_id]
    assert (run.parent_id, run.service) == (CALLER_SPAN, "leadflow-flow")
    assert [one for one in found if one.attributes.get("prefect.run.type") == "task"]
    assert [one for one in found if one.name.startswith("SELECT approvals")]
