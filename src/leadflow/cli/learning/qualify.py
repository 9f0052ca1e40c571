"""``leadflow qualify``: asking AI about leads, here and now, recorded by Prefect."""

from typing import Annotated

import typer

from features.how_many import how_many
from leadflow.cli.console import console, told
from leadflow.cli.learning.flow_runs import recorded_by_prefect


def qualify(
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Most leads to ask about; the setting decides where not given."),
    ] = None,
) -> None:
    """Ask an AI crew about the leads worth it, within the day's budget, and score them again.

    Needs LEADFLOW_AI_API_KEY and an OpenAI-compatible endpoint; see docs/settings.md.
    """
    with recorded_by_prefect("Asking AI about leads"):
        from flows.qualify_leads import qualify_leads

        done = qualify_leads(limit=limit)
    told(asked=done.asked, answered=done.answered, tokens=done.tokens, note=done.note)
    if done.asked or done.from_cache:
        console.print(
            f"[bold]{how_many(done.answered, 'lead')}[/bold] qualified: "
            f"{done.asked:,} asked about, "
            f"{done.from_cache:,} answered before, {how_many(done.tokens, 'token')}."
        )
    console.print(done.note or "Every lead worth asking about has been asked about.")
