"""escalate_waiting and await_decision on a real Prefect server."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from leadflow.approvals import service as approvals
from leadflow.approvals.service import Proposal
from leadflow.database.engine import unit_of_work
from leadflow.integrations.prefect import PrefectClient, signed_in
from leadflow.settings import get_settings
from tests.deciders import settle, somebody
from tests.gates import run_of

pytestmark = pytest.mark.servers
PAYLOAD = {"version": "9", "sha256": "x"}
QUESTION = Proposal("model_promotion", "x/9", "forget_reasons", PAYLOAD, "# Why", "train_model")


@pytest.fixture
def nobody_works(deployed: list[str]) -> Iterator[None]:
    """The pool is paused: a worker that an earlier test started takes no run out of this one's
    hands."""
    settings = get_settings()
    with signed_in(settings) as http:
        pool = f"/work_pools/{settings.work_pool}"
        http.patch(pool, json={"is_paused": True}).raise_for_status()
        yield
        http.patch(pool, json={"is_paused": False}).raise_for_status()


def test_what_is_late_is_passed_on_by_the_flow(prefect: object, store: Engine) -> None:
    from flows.escalate_waiting import escalate_waiting

    with unit_of_work() as session:
        somebody(session, "dana", "data_scientist")
        somebody(session, "root", "admin")
        long_ago = datetime.now(UTC) - timedelta(days=60)
        approval_id = approvals.propose(session, QUESTION, long_ago).id
    assert escalate_waiting() == 1
    with unit_of_work() as session:
        assert approvals.get(session, approval_id).roles_now == ["data_scientist", "admin"]
    assert escalate_waiting() == 0


def test_a_gate_whose_run_was_lost_is_opened_again(nobody_works: None, store: Engine) -> None:
    from tasks.pending_approvals import reopen_gates

    client = PrefectClient(get_settings())
    with unit_of_work() as session:
        somebody(session, "dana", "data_scientist")
        approval_id = approvals.propose(session, QUESTION, datetime.now(UTC)).id
    lost = run_of(approval_id)
    client.end(lost, "as if it had crashed")
    assert reopen_gates.fn() == 1
    assert run_of(approval_id, other_than=lost)
    with unit_of_work() as session:
        settle(session, approval_id, datetime.now(UTC), "reject")
    assert reopen_gates.fn() == 0


def test_a_run_that_is_carried_on_after_the_decision_asks_nobody_again(
    prefect: object, store: Engine
) -> None:
    from flows.await_decision import await_decision

    with unit_of_work() as session:
        approval_id = approvals.propose(session, QUESTION, datetime.now(UTC)).id
        settle(session, approval_id, datetime.now(UTC), "reject")
    assert await_decision(approval_id) == "rejected"


def test_a_run_whose_worker_was_killed_is_started_again(nobody_works: None, store: Engine) -> None:
    settings, now = get_settings(), datetime.now(UTC)
    client = PrefectClient(settings)
    run_id = client.start_run("await_decision", {"approval_id": "appr_none"}, "lost run")
    client._set_state(run_id, {"type": "PENDING", "name": "Pending"})
    patience = timedelta(minutes=3)
    assert client.start_lost_again(settings.work_pool, now, patience) == []
    later = now + timedelta(minutes=4)
    assert run_id in client.start_lost_again(settings.work_pool, later, patience)
    assert client.state(run_id) == "AwaitingRetry"
    client.end(run_id, "the end of the test")


def test_a_run_that_was_cancelled_and_nobody_ended_gives_its_place_back(
    nobody_works: None, store: Engine
) -> None:
    settings, now = get_settings(), datetime.now(UTC)
    client = PrefectClient(settings)
    run_id = client.start_run("await_decision", {"approval_id": "appr_none"}, f"{now} cancelled")
    client._set_state(run_id, {"type": "RUNNING", "name": "Running"})
    with signed_in(settings) as http:
        path = f"/flow_runs/{run_id}"
        http.patch(path, json={"infrastructure_pid": "elsewhere:1"}).raise_for_status()
    client._set_state(run_id, {"type": "CANCELLING", "name": "Cancelling"})
    assert client.state(run_id) == "Cancelling"
    patience = timedelta(minutes=3)
    assert client.end_cancelling(settings.work_pool, now, patience) == []
    later = now + timedelta(minutes=4)
    assert run_id in client.end_cancelling(settings.work_pool, later, patience)
    assert client.state(run_id) == "Cancelled"


def test_a_run_whose_process_was_killed_is_ended_and_one_that_is_heard_of_is_not(
    nobody_works: None, store: Engine
) -> None:
    settings, now = get_settings(), datetime.now(UTC)
    client = PrefectClient(settings)
    silent, heard = (
        client.start_run("await_decision", {"approval_id": "appr_none"}, f"{now} {name}")
        for name in ("silent", "heard")
    )
    for run_id in (silent, heard):
        client._set_state(run_id, {"type": "RUNNING", "name": "Running"})
    assert client.end_silent(settings.work_pool, now, timedelta(minutes=3)) == []
    moment = datetime.now(UTC)
    with signed_in(settings) as http:
        beat = {
            "id": str(uuid4()),
            "event": "prefect.flow-run.heartbeat",
            "occurred": datetime.now(UTC).isoformat(),
            "resource": {"prefect.resource.id": f"prefect.flow-run.{heard}"},
        }
        http.post("/events", json=[beat]).raise_for_status()
    deadline = time.monotonic() + 30
    while not client._heard_of(heard, moment):
        assert time.monotonic() < deadline, "Prefect does not list the heartbeat"
        time.sleep(0.5)
    later = datetime.now(UTC)
    ended = client.end_silent(settings.work_pool, later, later - moment)
    assert silent in ended
    assert heard not in ended
    assert (client.state(silent), client.state(heard)) == ("Crashed", "Running")
    client.end(heard, "the test is over")
