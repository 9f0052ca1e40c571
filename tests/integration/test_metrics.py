"""Prometheus is told rates, durations, queues and how they stand; all processes as one."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadflow.accounts.keys import create_key
from leadflow.accounts.people import add_person
from leadflow.accounts.permissions import INTEGRATION, SCOPES
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Outcome
from leadflow.observability import gauges
from leadflow.observability.gauges import Gauge, Queue
from leadflow.scoring.tables import ScoreOverride
from leadflow.settings import Settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.services import gateway
from tests.integration.test_gateway import BODY
from tests.servers import free_port, started

pytestmark = pytest.mark.uncounted


def figures(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def figure(text: str, name: str, **labels: str) -> float:
    return figures(text)[name, frozenset(labels.items())]


def test_a_request_is_counted_by_its_route_and_never_by_what_it_names(client: TestClient) -> None:
    made = client.post("/leads", json=BODY).json()
    client.get(f"/leads/{made['lead']['id']}/status")
    client.get("/leads/john.doe@techcorp.com/status")
    client.get("/somewhere/john.doe@techcorp.com")
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    route = "/leads/{lead_id}/status"
    for status in ("200", "404"):
        asked = {"method": "GET", "route": route, "status": status}
        assert figure(answer.text, "leadflow_requests_total", **asked) >= 1
    assert figure(answer.text, "leadflow_request_seconds_count", method="POST", route="/leads") >= 1
    assert figure(answer.text, "leadflow_requests_total", method="GET", route="none", status="404")
    for personal in ("john", "techcorp", made["lead"]["id"]):
        assert personal not in answer.text.lower()


def test_each_step_of_the_way_of_a_lead_is_timed(client: TestClient) -> None:
    def counts() -> list[float]:
        text = client.get("/metrics").text
        steps = ("store", "score", "audit", "hand_out")
        found = figures(text)
        return [
            found.get(("leadflow_step_seconds_count", frozenset({("step", one)})), 0.0)
            for one in steps
        ]

    before = counts()
    client.post("/leads", json=BODY)
    assert all(now > then for now, then in zip(counts(), before, strict=True))


def test_queues_levels_and_the_model_are_told(client: TestClient) -> None:
    made = client.post("/leads", json=BODY).json()
    before = client.get("/metrics").text
    assert figure(before, "leadflow_leads", level=made["score"]["level"]) == 1
    assert figure(before, "leadflow_model_loaded") == 1
    version = made["score"]["model_version"]
    assert figure(before, "leadflow_model", regime="rubric", version=version) == 1
    with gauges_of(Queue("rescoring", lambda session, now: (3, datetime(2026, 1, 1, tzinfo=UTC)))):
        text = client.get("/metrics").text
    assert figure(text, "leadflow_queue_length", queue="rescoring") == 3
    assert figure(text, "leadflow_queue_oldest_seconds", queue="rescoring") > 1000


def test_a_figure_that_cannot_be_read_leaves_the_others(client: TestClient) -> None:
    def broken(session: Session, now: datetime) -> list[gauges.Reading]:
        raise ValueError("no figure")

    with gauges_of(Queue("audit", lambda session, now: (0, None)), Gauge("no", "", (), broken)):
        text = client.get("/metrics").text
    assert figure(text, "leadflow_gauges_failed") == 1
    assert figure(text, "leadflow_queue_length", queue="audit") == 0


@pytest.mark.long
def test_leads_by_level_are_those_that_are_open_at_the_level_that_counts(
    client: TestClient,
) -> None:
    made = [
        client.post("/leads", json=BODY | {"email": f"jo{number}@level.example"}).json()
        for number in range(3)
    ]
    level, others = made[0]["score"]["level"], ("hot", "warm", "cold", "unqualified")
    version = made[0]["score"]["model_version"]
    ended, moved = made[0]["lead"]["id"], made[1]["lead"]["id"]
    elsewhere = next(one for one in others if one != level)
    now = datetime.now(UTC)
    with unit_of_work() as session:
        session.add(Outcome(lead_id=ended, outcome="converted", occurred_at=now, source="test"))
        session.add(
            ScoreOverride(
                lead_id=moved,
                new_score=50,
                level=elsewhere,
                model_score=50,
                model_points=50,
                model_probability=0.1,
                model_version=version,
                reason="met them",
                override_by="person_1",
                status="active",
                in_force_from=now,
                expires_at=now + timedelta(days=1),
            )
        )
    gauges._kept.clear()
    text = client.get("/metrics").text
    counts = {one: figure(text, "leadflow_leads", level=one) for one in others}
    assert counts == dict.fromkeys(others, 0) | {level: 1, elsewhere: 1}
    assert figure(text, "leadflow_leads_scored_by", regime="rubric", version=version) == 2


def test_every_queue_and_gauge_can_be_read(client: TestClient) -> None:
    assert figure(client.get("/metrics").text, "leadflow_gauges_failed") == 0


def test_figures_need_a_permission(anonymous: TestClient) -> None:
    assert anonymous.get("/metrics").status_code == 401
    with unit_of_work() as session:
        add_person(session, "olga", "Olga", ["operator"], "test", password="correct horse battery")
        no = create_key(session, "no", INTEGRATION, [])
        yes = create_key(session, "prometheus", ["metrics.read"], [])
    assert "metrics.read" in SCOPES
    assert anonymous.get("/metrics", headers={"X-API-Key": no}).status_code == 403
    bearer = {"Authorization": f"Bearer {yes}"}
    assert anonymous.get("/metrics", headers=bearer).status_code == 200


class gauges_of:  # noqa: N801
    """These are all there are, until the end of the block."""

    def __init__(self, *given: Queue | Gauge) -> None:
        self._given = given

    def __enter__(self) -> None:
        self._before = (list(gauges.QUEUES.values()), list(gauges.GAUGES.values()))
        gauges.install(
            [one for one in self._given if isinstance(one, Queue)],
            [one for one in self._given if isinstance(one, Gauge)],
        )

    def __exit__(self, *_: object) -> None:
        gauges.install(*self._before)


@pytest.fixture
def two_processes(store: Engine) -> Iterator[str]:
    """A gateway of two processes, as the supervisor starts it; its address."""
    settings = Settings(
        gateway_port=free_port(),
        gateway_processes=2,
        prefect_port=free_port(),
        model_name="nothing-promoted",
    )
    server: Iterator[Child] = started(gateway(settings), settings)
    next(server)
    yield settings.gateway_url
    server.close()  # type: ignore[attr-defined]


@pytest.mark.long
def test_whichever_process_is_asked_answers_for_all(two_processes: str) -> None:
    with unit_of_work() as session:
        key = create_key(session, "prometheus", ["metrics.read", "lead.read"], [])
    labels = {"method": "GET", "route": "/leads/{lead_id}/status", "status": "404"}
    which = ("leadflow_requests_total", frozenset(labels.items()))
    # Gateways of other tests have counted into the same folder.
    before = httpx.get(f"{two_processes}/metrics", headers={"X-API-Key": key}, timeout=60).text
    asked, counted = 24, figures(before).get(which, 0.0) + 24
    for _ in range(asked):
        # Each on a connection of its own, so that both processes get some.
        httpx.get(f"{two_processes}/leads/lead_0/status", headers={"X-API-Key": key}, timeout=60)
    deadline = time.monotonic() + 30
    # Each is counted once its answer has gone out.
    while time.monotonic() < deadline:
        first = httpx.get(f"{two_processes}/metrics", headers={"X-API-Key": key}, timeout=60)
        if figures(first.text).get(which) == counted:
            break
        time.sleep(0.2)
    told = [
        httpx.get(f"{two_processes}/metrics", headers={"X-API-Key": key}, timeout=60).text
        for _ in range(6)
    ]
    assert {figure(text, "leadflow_requests_total", **labels) for text in told} == {counted}
    assert not re.search(r"pid=", told[0])
