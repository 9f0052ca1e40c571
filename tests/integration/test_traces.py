"""Where an address for traces is set, a request and its queries are one trace; else there is none,
and what would make and send them is not even loaded."""

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from leadflow.accounts.keys import ANYBODY, create_key
from leadflow.accounts.permissions import SCOPES
from leadflow.database.engine import unit_of_work
from leadflow.database.traced_cursor import summary
from leadflow.settings import Settings, get_settings
from leadflow.supervisor.environment import environment
from leadflow.supervisor.services import gateway
from tests.integration.test_logs import LEAD, holds_no_canary
from tests.otlp_receiver import Receiver, receiving
from tests.servers import free_port, started

pytestmark = pytest.mark.uncounted

TRACE, CALLER_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_a_request_and_its_queries_join_the_trace_of_their_caller(
    store: Engine, receiver: Receiver
) -> None:
    settings = Settings(
        gateway_port=free_port(),
        prefect_port=free_port(),
        model_name="nothing-promoted",
        otlp_endpoint=receiver.endpoint,
    )
    with unit_of_work() as session:
        key = create_key(session, "caller", SCOPES, [ANYBODY])
    server = started(gateway(settings), settings)
    next(server)
    headers = {"X-API-Key": key, "traceparent": f"00-{TRACE}-{CALLER_SPAN}-01"}
    made = httpx.post(f"{settings.gateway_url}/leads", json=LEAD, headers=headers, timeout=60)
    assert made.status_code == 201, made.text
    for path in (f"/leads/{LEAD['email']}/status", f"/nothing?name={LEAD['last_name']}"):
        httpx.get(f"{settings.gateway_url}{path}", headers={"X-API-Key": key}, timeout=60)
    server.close()
    [request] = [one for one in receiver.spans if one.name == "POST /leads"]
    assert (request.trace_id, request.parent_id) == (TRACE, CALLER_SPAN)
    assert request.service == "leadflow-gateway"
    within = [one for one in receiver.spans if one.trace_id == TRACE]
    queries = [one for one in within if one.attributes.get("db.system.name") == "postgresql"]
    assert any(one.name.startswith("INSERT lead") for one in queries)
    known = {one.span_id for one in within}
    assert all(one.parent_id in known for one in within if one is not request)
    assert {"store", "score", "audit", "hand_out"} <= {one.name for one in within}
    assert "GET /leads/{lead_id}/status" in {one.name for one in receiver.spans}
    assert holds_no_canary("".join(one.whole for one in receiver.spans))


def test_a_statement_is_told_without_values() -> None:
    name, said = summary("INSERT INTO leads (email, size) VALUES ('zelda@quux.example', 12)")
    assert name == "INSERT leads"
    assert said["db.query.text"] == "INSERT INTO leads (email, size) VALUES (?, ?)"
    assert summary("WITH a AS (SELECT 1 FROM b) UPDATE reps SET x = $1")[0].startswith("UPDATE")


@pytest.mark.long
def test_without_an_address_nothing_of_it_is_loaded() -> None:
    program = (
        "import sys; from leadflow.gateway.application import create_app; create_app();"
        "made = ('opentelemetry.sdk', 'opentelemetry.exporter');"
        "print([name for name in sys.modules if name.startswith(made)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | environment(get_settings()),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
