"""From a signed webhook to a scored lead by a run that the arrival has started."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from typing import Any

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
from tests.servers import empty, free_port, started

pytestmark = pytest.mark.servers
DELIVERIES = 30


@pytest.fixture(scope="module")
def address(deployed: list[str], engine: Engine) -> Iterator[str]:
    """A gateway with a background process and a warm worker beside it, for the whole of this
    file."""
    settings = Settings(gateway_port=free_port())
    with unit_of_work() as session:
        now = datetime.now(UTC)
        service.apply(session, {"crm": source("bottlecrm", records="data")}, "test", now)
        service.set_secret(session, "crm", SECRET, "test", now)
    with ExitStack() as until_the_end:
        for one in (gateway(settings), background(settings), warm_worker(get_settings())):
            next(until_the_end.enter_context(closing(started(one, settings))))
        yield settings.gateway_url
    empty(engine)


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
    assert 1 <= len(names) <= DELIVERIES / 3, names


def test_what_a_delivery_starts_has_its_cause_and_prefect_is_told(address: str) -> None:
    began = datetime.now(UTC)
    crm = source(
        "bottlecrm",
        records="data",
        kind={"path": "event", "values": {"deal.won": "deal.won"}},
        starts=[{"deployment": "export_audit_head", "only": "id == '1'", "every": "1s"}],
    )
    with unit_of_work() as session:
        service.apply(session, {"crm": crm}, "test", began)
    person = {"id": "1", "email": "ada@example.com"}
    body = json.dumps({"event": "deal.won", "data": person}).encode()
    sent = SENDERS["bottlecrm"].send(body, datetime.now(UTC), "won")
    answer = httpx.post(f"{address}/webhooks/crm", content=body, headers=dict(sent.headers))
    assert answer.status_code == 202, answer.text
    deadline = time.monotonic() + 120
    while not (runs := tagged("source:crm")) or not (told := events("leadflow.delivery.deal.won")):
        assert time.monotonic() < deadline, (states(), tagged("source:crm"))
        time.sleep(0.5)
    assert [run["name"].partition(" ")[0] for run in runs] == ["export_audit_head"]
    assert told[0]["resource"]["prefect.resource.id"] == "leadflow.source.crm"
    with unit_of_work() as session:
        won = select(Delivery.id).where(Delivery.delivery_id == "won")
        assert told[0]["payload"] == {"deliveries": list(session.scalars(won))}


def test_the_trigger_that_comes_with_leadflow_is_on_the_server(deployed: list[str]) -> None:
    with signed_in(get_settings()) as http:
        found = http.post("/automations/filter", json={}).raise_for_status().json()
    triggers = [one["trigger"] for one in found if one["enabled"]]
    assert [one["expect"] for one in triggers].count(["leadflow.delivery.outcome"]) == 1


def tagged(tag: str) -> list[dict[str, Any]]:
    """Runs with a tag."""
    wanted = {"flow_runs": {"tags": {"all_": [tag]}, "start_time": {"is_null_": False}}}
    with signed_in(get_settings()) as http:
        found: list[dict[str, Any]] = http.post("/flow_runs/filter", json=wanted).json()
    return found


def events(name: str) -> list[dict[str, Any]]:
    """Events of this name, as Prefect lists them."""
    wanted = {"filter": {"event": {"name": [name]}}, "limit": 5}
    with signed_in(get_settings()) as http:
        found: list[dict[str, Any]] = http.post("/events/filter", json=wanted).json()["events"]
    return found


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
