"""``leadflow train``, ``score``, ``assign``: the flows, run here and recorded by Prefect."""

from datetime import datetime
from typing import Annotated

import typer

from features.how_many import how_many
from leadflow.cli.console import console, told
from leadflow.cli.learning.flow_runs import recorded_by_prefect


def train(
    features: Annotated[
        str,
        typer.Option(
            help="Learn from this set of features again (leadflow features list); unset: from a "
            "fresh one."
        ),
    ] = "",
) -> None:
    """Learn from outcomes: a challenger in MLflow, and the question whether it may serve.

    Says what was found and what to do next. Answer as it says, in the console, or in the Prefect
    UI (Runs, await_decision, Resume).
    """
    with recorded_by_prefect("Learning from outcomes"):
        from flows.train_model import train_model

        ended = train_model(features=features)
    told(words=ended.lines)
    for line in ended.lines:
        console.print(line, markup=False, soft_wrap=True)


def score(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            help="Score all leads as of this moment (UTC) with what served then, beside the "
            "scores that are current.",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Score leads without news too.")
    ] = False,
) -> None:
    """Score the leads that have news, an old score or none, with the champion (or the rubric while
    there is none). Killed and run again, it goes on where it was."""
    from datetime import UTC

    moment = as_of.replace(tzinfo=UTC) if as_of else None
    with recorded_by_prefect("Scoring leads"):
        from flows.score_leads import score_leads

        count = score_leads(as_of=moment, everything=everything)
    told(leads=count)
    console.print(f"[bold]{how_many(count, 'lead')}[/bold] scored. See the best: leadflow status")


def assign(
    strategy: Annotated[
        str | None,
        typer.Option(
            help="Where a rule names none: round_robin, skill_based, territory_based, "
            "workload_balanced, performance_weighted, hybrid or optimal. Unset: the setting's."
        ),
    ] = None,
) -> None:
    """Hand every lead that a rule gives to a salesperson, and that has none, to the right one."""
    with recorded_by_prefect("Assigning leads"):
        from flows.assign_leads import assign_leads

        count = assign_leads(strategy=strategy)
    told(leads=count)
    console.print(f"[bold]{how_many(count, 'lead')}[/bold] assigned.")
