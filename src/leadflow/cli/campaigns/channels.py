"""``leadflow campaigns channels``: how the ways are by which messages go out."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from leadflow.cli.access.identity import who_acts
from leadflow.cli.campaigns.campaigns import say
from leadflow.cli.tables import print_table, whole


def channels(
    name: Annotated[
        str | None, typer.Argument(help="A channel to pause or close.", show_default=False)
    ] = None,
    pause: Annotated[bool, typer.Option("--pause", help="Hand nothing to it.")] = False,
    close: Annotated[bool, typer.Option("--close", help="Hand messages to it again.")] = False,
) -> None:
    """Each channel that messages were handed to: whether it takes them, since when, and why not."""
    from leadflow.campaigns.circuits import service as circuits
    from leadflow.database.engine import unit_of_work

    if (pause and close) or (name is None) == (pause or close):
        raise typer.BadParameter("Say a channel and one of --pause and --close, or neither.")
    now = datetime.now(UTC)
    if name is not None:
        change = circuits.pause if pause else circuits.close
        with unit_of_work() as session:
            change(session, name, who_acts(session, "campaign.write"), now)
        say(f"{name} is {'paused' if pause else 'closed: messages go to it again'}.")
        return
    with unit_of_work() as session:
        found = circuits.channels(session)
    if not found:
        say("Nothing was handed to any channel yet.")
        return
    table = Table(
        whole("Channel"),
        "State",
        whole("Since (UTC)"),
        whole("Next try (UTC)"),
        "Failures",
        "Why",
        box=None,
    )
    for channel, one in found.items():
        until = "" if one.until is None else f"{one.until:%Y-%m-%d %H:%M}"
        since, why = f"{one.since:%Y-%m-%d %H:%M}", escape(one.why or "")
        table.add_row(channel, one.state, since, until, str(one.failures), why)
    print_table(table)


def add_to(app: typer.Typer) -> None:
    """Add this command to those of campaigns."""
    app.command()(channels)
