"""The steps of the demo, each one thing that Leadflow does, said in a few lines."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from features.how_many import how_many, of_number
from leadflow.cli.console import console, working
from leadflow.cli.demo.stages import servers_coming_up
from leadflow.cli.demo.waiting import wait
from leadflow.cli.servers import print_addresses
from leadflow.cli.status import print_best_leads
from leadflow.cli.tables import print_table
from leadflow.settings import get_settings
from leadflow.supervisor.detached import Detached

NEW_LEADS = 120
KEY_BYTES = 32
MONTHS, REPS = 12.0, 12
ANEW = "leadflow people password {username}"


def start_servers() -> None:
    """Start what does not run yet, and wait only for the database."""
    from leadflow.supervisor import state

    settings = get_settings()
    if state.running(settings) is not None:
        console.print("They are running already.")
        return
    with working("Starting PostgreSQL"):
        Detached(settings).wait_database()
    console.print(
        "PostgreSQL is up. Prefect, the worker, MLflow and the gateway come up meanwhile."
    )


def simulate_market(seed: int, leads: int) -> str:
    """A year of history, whose true odds are known."""
    from leadflow.database.engine import get_engine
    from leadflow.simulation.service import simulate

    with working(f"Making up {how_many(leads, 'lead')}"):
        summary = simulate(
            get_engine(),
            get_settings(),
            seed=seed,
            leads=leads,
            months=MONTHS,
            reps=REPS,
            now=datetime.now(UTC),
            with_team=False,
        )
    if summary.leads == 0:
        return "It is in the store already; nothing changed."
    return (
        f"{how_many(summary.leads, 'lead')}, {how_many(summary.events, 'thing')} they did. "
        f"{how_many(summary.converted, 'lead')} converted, "
        f"{summary.lost:,} {of_number(summary.lost, 'was')} lost. "
        f"(Even a perfect model would rank them with AUC {summary.ceiling_auc:.2f} only.)"
    )


def bring_team(seed: int, leads: int) -> str:
    """The salespeople. Until they are there, nobody gets a lead."""
    from leadflow.cli.demo.people import join_team
    from leadflow.database.engine import unit_of_work
    from leadflow.simulation.service import store_simulated_team

    with unit_of_work() as session:
        store_simulated_team(session, seed, leads, MONTHS, REPS)
    join_team()
    return f"{REPS} salespeople with territories and skills, under a head of sales."


def import_new_leads(seed: int) -> str:
    """A company's own CSV file, read by its mapping, with a few mistakes in it."""
    from leadflow.cli.importing import describe
    from leadflow.database.engine import get_engine
    from leadflow.intake.files import import_file
    from leadflow.leads.files.mapping import load_mapping
    from leadflow.simulation.export import FILE, MAPPING, write_new_leads

    settings = get_settings()
    folder, now = settings.home / "demo", datetime.now(UTC)
    file, mapping = folder / FILE, folder / MAPPING
    if not (file.exists() and mapping.exists()):
        file, mapping = write_new_leads(folder, seed, NEW_LEADS, now)
    with working("Reading and checking"):
        summary = import_file(file, load_mapping(mapping), settings, get_engine(), now)
    return f"{file.name}: " + describe(summary)


def wait_for_servers() -> None:
    """Until Prefect, the worker and the gateway can be used."""
    from leadflow.supervisor import state

    def ready() -> bool | None:
        found = state.running(get_settings())
        return True if found is not None and found.ready else None

    wait(ready, servers_coming_up)
    print_addresses()


def learn() -> str | None:
    """A challenger and the question whether it may serve: the approval's id, if one waits."""
    from leadflow.cli.learning.flow_runs import recorded_by_prefect

    with recorded_by_prefect("Learning"):
        from flows.train_model import train_model

        ended = train_model()
    for line in ended.lines:
        console.print(line, markup=False, soft_wrap=True)
    return ended.approval_id


def score() -> str:
    """All leads with the champion."""
    from leadflow.cli.learning.flow_runs import recorded_by_prefect

    with recorded_by_prefect("Scoring"):
        from flows.score_leads import score_leads

        count = score_leads()
    if count == 0:
        return "No lead has news since it was scored last."
    return f"{how_many(count, 'lead')} scored, each with its reasons."


def assign() -> str:
    """The hot and warm ones to salespeople."""
    from leadflow.cli.learning.flow_runs import recorded_by_prefect

    with recorded_by_prefect("Assigning"):
        from flows.assign_leads import assign_leads

        assign_leads()
    return f"{how_many(_in_work(), 'lead')} assigned, nobody over their capacity."


def _in_work() -> int:
    """All of them: the schedule may have been quicker with some."""
    from sqlalchemy import func, select

    from leadflow.assignment.tables import RepLoad
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        return session.scalar(select(func.coalesce(func.sum(RepLoad.open_leads), 0))) or 0


def make_key() -> str:
    """An API key for whoever tries the API: the same one each time, derived from the installation's
    secret. Where somebody has ended that one it stays so, and another is made beside it."""
    from leadflow.accounts.keys import PREFIX, create_key, is_known, verify_key
    from leadflow.cli.demo.people import derived
    from leadflow.database.engine import unit_of_work

    ours = PREFIX + derived(get_settings(), "demo API key", KEY_BYTES)
    with unit_of_work() as session:
        if verify_key(session, ours, datetime.now(UTC)) is not None:
            return ours
        return create_key(session, "demo", key=None if is_known(session, ours) else ours)


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
        f"by {found['regime']} {found['model_version']} "
        f"in {answer.elapsed.total_seconds() * 1000:.0f} ms.\nWhy: {reasons}.\n"
        f"Next: {body['next_step']}"
    )


def show_people(passwords: Mapping[str, str | None]) -> None:
    """Who can sign in, and with what."""
    table = Table("Sign in as", "Password", box=None)
    for username, password in passwords.items():
        table.add_row(
            username, password or f"changed since; anew: {ANEW.format(username=username)}"
        )
    print_table(table)


def show_result(key: str, passwords: Mapping[str, str | None]) -> None:
    """The table of the best leads, who can sign in, and where to go on."""
    console.print()
    print_best_leads(10)
    console.print()
    print_addresses()
    console.print(f"API key: [bold]{key}[/bold]", soft_wrap=True)
    show_people(passwords)
    console.print("Everything goes on running. End it with: make down")
