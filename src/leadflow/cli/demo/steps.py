"""The steps of the demo, each one thing that Leadflow does, said in a few lines."""

import time
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from leadflow.cli.console import console
from leadflow.cli.demo.people import code_of
from leadflow.cli.servers import print_addresses
from leadflow.cli.status import print_best_leads
from leadflow.settings import get_settings
from leadflow.supervisor.child import ServiceFailed
from leadflow.supervisor.detached import Detached

PATIENCE_SECONDS = 90.0
NEW_LEADS = 120


def start_servers() -> Detached | None:
    """Start what does not run yet, and wait only for the database."""
    from leadflow.supervisor import state

    settings = get_settings()
    if state.running(settings) is not None:
        console.print("They are running already.")
        return None
    servers = Detached(settings)
    with console.status("Starting PostgreSQL …"):
        servers.wait_database()
    console.print(
        "PostgreSQL is up. Prefect, the worker, MLflow and the gateway come up meanwhile."
    )
    return servers


def simulate_market(seed: int, leads: int) -> str:
    """A year of history, whose true odds are known."""
    from leadflow.database.engine import get_engine
    from leadflow.simulation.service import simulate

    with console.status("Simulating …"):
        summary = simulate(
            get_engine(),
            get_settings(),
            seed=seed,
            leads=leads,
            months=12,
            reps=12,
            now=datetime.now(UTC),
        )
    if summary.leads == 0:
        return "It is in the store already; nothing changed."
    return (
        f"{summary.leads:,} leads, {summary.events:,} things they did, {summary.reps} salespeople. "
        f"{summary.converted:,} leads converted, {summary.lost:,} were lost. "
        f"(Even a perfect model would rank them with AUC {summary.ceiling_auc:.2f} only.)"
    )


def import_new_leads(seed: int) -> str:
    """A company's own CSV file, read by its mapping, with a few mistakes in it."""
    from leadflow.cli.leads import describe
    from leadflow.database.engine import get_engine
    from leadflow.intake.files import import_file
    from leadflow.leads.files.mapping import load_mapping
    from leadflow.simulation.export import FILE, MAPPING, write_new_leads

    settings = get_settings()
    folder, now = settings.home / "demo", datetime.now(UTC)
    file, mapping = folder / FILE, folder / MAPPING
    if not (file.exists() and mapping.exists()):
        file, mapping = write_new_leads(folder, seed, NEW_LEADS, now)
    with console.status("Reading and checking …"):
        summary = import_file(file, load_mapping(mapping), settings, get_engine(), now)
    return f"{file.name}: " + describe(summary)


def wait_for(servers: Detached | None) -> None:
    """Until Prefect, the worker and the gateway can be used."""
    if servers is not None:
        with console.status("Waiting for Prefect, the worker and the gateway …"):
            servers.wait_ready()
    print_addresses()


def learn() -> str | None:
    """A challenger and the question whether it may serve: the approval's id."""
    from leadflow.cli.flow_runs import recorded_by_prefect

    with recorded_by_prefect("Learning"):
        from flows.train_model import train_model

        approval_id = train_model()
    if approval_id is None:
        console.print("Too few outcomes to learn from: the expert rubric goes on scoring.")
        return None
    console.print(f"A challenger is in MLflow. {headline(approval_id)}.")
    return approval_id


def headline(approval_id: str) -> str:
    """The first line of what is asked: the finding of the training."""
    from leadflow.approvals.service import get
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        return get(session, approval_id).headline


def answer_gate(approval_id: str, username: str) -> str:
    """Fill in the form of the suspended run, as a person would in the Prefect UI."""
    from leadflow.integrations.prefect import PrefectClient, PrefectUnavailable, ResumeRefused

    client = PrefectClient(get_settings())
    answer = {
        "decision": "approve",
        "approver": username,
        "code": code_of(approval_id, username),
        "reason": f"Decided by the demo, without a person. {headline(approval_id)}",
    }
    deadline = time.monotonic() + PATIENCE_SECONDS
    with console.status("Waiting for the gate to open, then for the answer to be taken …"):
        run_id = _run_of(approval_id, deadline)
        while True:
            try:
                client.resume(run_id, answer)
                break
            except (ResumeRefused, PrefectUnavailable):
                _pause(deadline, "The gate did not open.")
        while not _decided_by(approval_id, username):
            _pause(deadline, "The answer was not taken.")
    return f"{username} has approved in Prefect, with a one-time code."


def answer_in_the_api(approval_id: str, username: str, password: str) -> str:
    """The same decision through the other door: signed in at the gateway."""
    import httpx

    reason = f"Decided by the demo, without a person. {headline(approval_id)}"
    deadline = time.monotonic() + PATIENCE_SECONDS
    with httpx.Client(base_url=get_settings().gateway_url, timeout=60.0) as http:
        signed = http.post("/session", json={"username": username, "password": password})
        signed.raise_for_status()
        http.headers["Authorization"] = f"Bearer {signed.json()['token']}"
        decision = {"decision": "approve", "reason": reason}
        http.post(f"/approvals/{approval_id}/decision", json=decision).raise_for_status()
    with console.status("Waiting for the decision to be carried out …"):
        while (champion := _carried_out(approval_id)) is None:
            _pause(deadline, "The decision was not carried out.")
    return (
        f"{username} has approved at the gateway: version {champion} is the champion and scores "
        "from now on."
    )


def score() -> str:
    """All leads with the champion."""
    from leadflow.cli.flow_runs import recorded_by_prefect

    with recorded_by_prefect("Scoring"):
        from flows.score_leads import score_leads

        count = score_leads()
    return f"{count:,} leads scored, each with its reasons."


def assign() -> str:
    """The hot and warm ones to salespeople."""
    from leadflow.cli.flow_runs import recorded_by_prefect

    with recorded_by_prefect("Assigning"):
        from flows.assign_leads import assign_leads

        assign_leads()
    return f"{_in_work():,} leads assigned, nobody over their capacity."


def _in_work() -> int:
    """All of them: the schedule may have been quicker with some."""
    from sqlalchemy import func, select

    from leadflow.assignment.tables import RepLoad
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        return session.scalar(select(func.coalesce(func.sum(RepLoad.open_leads), 0))) or 0


def make_key() -> str:
    """An API key for whoever tries the API; the demo's earlier ones are revoked."""
    from leadflow.accounts.keys import create_key, revoke_keys
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        revoke_keys(session, "demo")
        return create_key(session, "demo")


def post_lead(key: str, lead: dict[str, Any]) -> str:
    """Send the lead to the gateway and say what it answered."""
    import httpx

    settings = get_settings()
    answer = httpx.post(
        f"{settings.gateway_url}/leads", json=lead, headers={"X-API-Key": key}, timeout=60.0
    )
    answer.raise_for_status()
    body = answer.json()
    found = body["score"]
    reasons = "; ".join(reason["text"] for reason in found["reasons"][:3])
    return (
        f"POST /leads: {body['lead']['job_title']} at {body['lead']['company_name']} scores "
        f"[bold]{found['total']:.0f}[/bold] ({found['level']}, chance {found['probability']:.0%}) "
        f"in {answer.elapsed.total_seconds() * 1000:.0f} ms.\nWhy: {reasons}.\n"
        f"Next: {body['next_step']}"
    )


def show_result(key: str, passwords: dict[str, str]) -> None:
    """The table of the best leads, who can sign in, and where to go on."""
    console.print()
    print_best_leads(10)
    console.print()
    print_addresses()
    console.print(f"API key: [bold]{key}[/bold]", soft_wrap=True)
    table = Table("Sign in as", "Password", box=None)
    for username, password in passwords.items():
        table.add_row(username, password)
    console.print(table)
    console.print("Everything goes on running. End it with: make down")


def _run_of(approval_id: str, deadline: float) -> str:
    from leadflow.approvals.service import get
    from leadflow.database.engine import unit_of_work

    while True:
        with unit_of_work() as session:
            run_id = get(session, approval_id).flow_run_id
        if run_id is not None:
            return run_id
        _pause(deadline, "The gate flow was not started.")


def _decided_by(approval_id: str, username: str) -> bool:
    from leadflow.accounts.people import find_person
    from leadflow.approvals.service import votes_of
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        person = find_person(session, username)
        return person.id in {vote.person_id for vote in votes_of(session, approval_id)}


def _carried_out(approval_id: str) -> str | None:
    """The champion's version once the outbox has promoted it."""
    from sqlalchemy import select

    from leadflow.database.engine import unit_of_work
    from leadflow.outbox.tables import OutboxRow

    with unit_of_work() as session:
        row = session.scalars(
            select(OutboxRow).where(OutboxRow.key == f"approval:{approval_id}")
        ).first()
        return str(row.result["champion"]) if row is not None and row.result else None


def _pause(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise ServiceFailed(f"{what} See the run in Prefect, and {get_settings().home / 'logs'}.")
    time.sleep(0.5)
