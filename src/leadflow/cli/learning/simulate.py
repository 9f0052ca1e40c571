"""``leadflow simulate``: a market to try things on."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from features.how_many import how_many
from leadflow.cli.console import console, told
from leadflow.cli.numbers import finite


def simulate(
    leads: Annotated[int | None, typer.Option(help="How many leads.", min=50)] = None,
    events: Annotated[
        int | None,
        typer.Option(help="About how many events; 20 a lead.", min=1_000, max=10_000_000),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same market.")] = 7,
    months: Annotated[
        float, typer.Option(help="How long a history.", min=4, callback=finite)
    ] = 12.0,
    reps: Annotated[int, typer.Option(help="How many salespeople.", min=1)] = 12,
    as_file: Annotated[
        Path | None,
        typer.Option(help="Also write a week of new leads as CSV with its mapping here."),
    ] = None,
) -> None:
    """Make a market whose true odds are known: leads, what they did, salespeople, outcomes.

    The truth is kept in Parquet files beside the store, so that scores can be judged against it.
    """
    from rich.progress import Progress

    from leadflow.database.engine import get_engine
    from leadflow.settings import get_settings
    from leadflow.simulation.export import write_new_leads
    from leadflow.simulation.service import EVENTS_A_LEAD
    from leadflow.simulation.service import simulate as run
    from leadflow.supervisor.preparing import prepare_database

    settings = get_settings()
    prepare_database(settings)
    count = leads or max(50, (events or 60_000) // EVENTS_A_LEAD)
    now = datetime.now(UTC)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Simulating", total=count)
        summary = run(
            get_engine(),
            settings,
            seed=seed,
            leads=count,
            months=months,
            reps=reps,
            now=now,
            on_progress=lambda done: progress.update(task, completed=done),
        )
    told(
        leads=summary.leads,
        events=summary.events,
        reps=summary.reps,
        converted=summary.converted,
        lost=summary.lost,
        ceiling_auc=summary.ceiling_auc,
        truth=summary.truth,
    )
    if summary.leads == 0:
        console.print(f"The market of seed {seed} is in the store already; nothing changed.")
    else:
        console.print(
            f"{how_many(summary.leads, 'lead')}, {how_many(summary.events, 'event')}, "
            f"{how_many(summary.reps, 'salesperson')}; "
            f"{summary.converted:,} converted, {summary.lost:,} lost, the others are open."
        )
    console.print(
        f"No model can rank them better than AUC {summary.ceiling_auc:.3f}. "
        f"The truth is in {summary.truth}."
    )
    if as_file is not None:
        file, mapping = write_new_leads(as_file, seed, 120, now)
        console.print(f"New leads: leadflow import {file} --mapping {mapping}")
