"""From a signed webhook to a scored lead by a run that the arrival has started."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import Engine, func, select

from leadflow.database.engine import unit_of_work
from leadflow.integrations.prefect import signed_in
from leadflow.leads.tables import Lead
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings, get_settings
from leadflow.sources import service
from leadflow.sources.tables import Delivery
from leadflow.supervisor.services import background, gateway, warm_worker
from tests.senders import SECRET, SENDERS, source
from tests.servers import free_port, started

pytestmark = pytest.mark.servers
DELIVERIES = 30


@pytest.fixture
def address(deployed: list[str], store: Engine) -> Iterator[str]:
    """A gateway with a background process and a warm worker beside it."""
    settings = Settings(gateway_port=free_port())
    with unit_of_work() as session:
        now = datetime.now(UTC)
        service.apply(session, {"crm": source("bottlecrm", records="data")}, "test", now)
        service.set_secret(session, "crm", SECRET, "test", now)
    with ExitStack() as until_the_end:
        for one in (gateway(settings), background(settings), warm_worker(get_settings())):
            next(until_the_end.enter_context(closing(started(one, settings))))
        yield settings.gateway_url


def test_a_burst_of_webhooks_becomes_scored_leads_by_a_few_runs(address: str) -> None:
    began = datetime.now(UTC)
    for number in range(DELIVERIES):
        person = {"id": str(number), "email": f"p{number}@example.com"}
        body = json.dumps({"data": person}).encode()
        sent = SENDERS["bottlecrm"].send(body, datetime.now(UTC), f"d{number}")
        answer = httpx.post(
            f"{address}/webhooks/crm", content=body, headers=dict(sent.headers), timeout=30
        )
        assert answer.status_code == 202, answer.text
    deadline = time.monotonic() + 120
    while not all_scored():
        assert time.monotonic() < deadline, states()
        time.sleep(0.3)
    assert states() == {"processed": DELIVERIES}
    names = runs_since(began)
    assert 1 <= len(names) <= 4, names


def all_scored() -> bool:
    with unit_of_work() as session:
        scored = (
            select(func.count()).select_from(LeadScore).join(Lead, Lead.id == LeadScore.lead_id)
        )
        return session.scalar(scored) == DELIVERIES


def states() -> dict[str, int]:
    counted = select(Delivery.status, func.count()).group_by(Delivery.status)
    with unit_of_work() as session:
        return dict(session.execute(counted).tuples().all())


def runs_since(moment: datetime) -> list[str]:
    """Names of the runs of ``process_inbox`` that have begun since."""
    wanted = {
        "flows": {"name": {"any_": ["process_inbox"]}},
        "flow_runs": {
            "start_time": {"after_": moment.isoformat()},
            "state": {"type": {"any_": ["RUNNING", "COMPLETED", "FAILED", "CRASHED"]}},
        },
    }
    with signed_in(get_settings()) as http:
        found = http.post("/flow_runs/filter", json=wanted).raise_for_status().json()
    return [str(run["name"]) for run in found]
