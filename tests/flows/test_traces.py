"""A request, its queries and the flow run that it causes are one trace."""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import Engine

from leadflow.accounts.keys import ANYBODY, create_key
from leadflow.accounts.permissions import SCOPES
from leadflow.approvals import service as approvals
from leadflow.database.engine import unit_of_work
from leadflow.integrations.prefect import PrefectClient
from leadflow.observability.trace_context import within
from leadflow.settings import Settings, get_settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.services import background, gateway
from tests.deciders import settle, somebody
from tests.flows.test_escalate_waiting import QUESTION
from tests.gates import wait_for_state
from tests.otlp_receiver import Received, Receiver
from tests.servers import free_port, started

pytestmark = pytest.mark.servers
TRACE, CALLER_SPAN = "5bf92f3577b34da6a3ce929d0e0e4737", "00f067aa0ba902b8"
TRACE_OF_REQUEST = "0af7651916cd43dd8448eb211c80319c"
LEAD = {"email": "trace@example.com", "company_size": 100}
FAR_AWAY = {"new_score": 100, "reason": "Signed at the fair", "override_by": "mara"}


def test_a_run_that_is_started_within_a_trace_joins_it(
    working: Child, traces: Receiver, store: Engine
) -> None:
    with unit_of_work() as session:
        somebody(session, "dana", "data_scientist")
        approval_id = approvals.propose(session, QUESTION, datetime.now(UTC)).id
        settle(session, approval_id, datetime.now(UTC), "reject")
    spans = _of_run_within(TRACE, approval_id, traces)
    [run] = [one for one in spans if one.attributes.get("prefect.run.type") == "flow"]
    assert (run.parent_id, run.service) == (CALLER_SPAN, "leadflow-flow")
    assert [one for one in spans if one.attributes.get("prefect.run.type") == "task"]
    assert [one for one in spans if one.name.startswith("SELECT approvals")]


def _of_run_within(trace_id: str, approval_id: str, traces: Receiver) -> list[Received]:
    """The spans of a run that was started within this trace. A process sends its last spans as it
    ends; when they do not arrive, what did is said, and a second run is started."""
    client = PrefectClient(get_settings())
    for attempt in (1, 2):
        with within(f"00-{trace_id}-{CALLER_SPAN}-01"):
            run_id = client.start_run("await_decision", {"approval_id": approval_id}, f"t{attempt}")
        wait_for_state(run_id, "Completed")

        def enough(spans: list[Received], wanted: str = run_id) -> bool:
            return any(one.attributes.get("prefect.run.id") == wanted for one in spans)

        came = traces.wait_for(enough, 60)
        if enough(came):
            ours = [one for one in came if one.trace_id == trace_id]
            flows = [one for one in ours if one.attributes.get("prefect.run.type") == "flow"]
            others = {one.span_id for one in flows if one.attributes["prefect.run.id"] != run_id}
            return [one for one in ours if one.span_id not in others]
        last = [f"{one.service} {one.name} {one.trace_id}" for one in came[-20:]]
        warnings.warn(f"no spans of run {run_id}; of {len(came)}, the last: {last}", stacklevel=1)
    raise AssertionError("the spans of two runs did not arrive")


@pytest.fixture
def address(working: Child, traces: Receiver, store: Engine) -> Iterator[str]:
    """A gateway with a background process beside it; traces are kept of both."""
    settings = Settings(gateway_port=free_port(), otlp_endpoint=traces.endpoint)
    with ExitStack() as until_the_end:
        for service in (gateway(settings), background(settings)):
            next(until_the_end.enter_context(closing(started(service, settings))))
        yield settings.gateway_url


@pytest.mark.long
def test_a_request_its_queries_and_the_run_it_causes_are_one_trace(
    address: str, traces: Receiver
) -> None:
    with unit_of_work() as session:
        somebody(session, "mara", "sales_manager")
        key = create_key(session, "caller", SCOPES, [ANYBODY])
    headers = {"X-API-Key": key, "traceparent": f"00-{TRACE_OF_REQUEST}-{CALLER_SPAN}-01"}
    with httpx.Client(base_url=address, headers=headers, timeout=60) as caller:
        lead_id = caller.post("/leads", json=LEAD).raise_for_status().json()["lead"]["id"]
        # A change by so many points asks a person, and that starts await_decision.
        asked = caller.post(f"/leads/{lead_id}/score-override", json=FAR_AWAY)
        said = asked.raise_for_status().json()
    with unit_of_work() as session:
        settle(session, said["override"]["approval_id"], datetime.now(UTC), "reject")

    def enough(spans: list[Received]) -> bool:
        return any(s.service == "leadflow-flow" for s in spans if s.trace_id == TRACE_OF_REQUEST)

    found = [one for one in traces.wait_for(enough, 120) if one.trace_id == TRACE_OF_REQUEST]
    services = {one.service for one in found}
    assert {"leadflow-gateway", "leadflow-background", "leadflow-flow"} <= services
    assert "POST /leads" in {one.name for one in found}
    assert any(one.attributes.get("db.operation.name") == "INSERT" for one in found)
    assert "outbox start_flow_run" in {one.name for one in found}
    assert any(one.attributes.get("prefect.run.type") == "flow" for one in found)
