"""``leadflow channels``: how the ways are by which messages go out."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from leadflow.cli.access.identity import who_acts
from leadflow.cli.campaigns.campaigns import say
from leadflow.cli.console import fields_of, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def channels(
    name: Annotated[
        str | None, typer.Argument(help="A channel to stop or resume.", show_default=False)
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Hand nothing to it.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Hand messages to it again.")] = False,
) -> None:
    """The ways by which messages of campaigns go out: whether each is sending, and why not."""
    from leadflow.assignment.team.naming import names_of_people
    from leadflow.campaigns.circuits import service as circuits
    from leadflow.campaigns.circuits.words import how_it_is
    from leadflow.database.engine import unit_of_work

    if (stop and resume) or (name is None) == (stop or resume):
        raise typer.BadParameter("Say a channel and one of --stop and --resume, or neither.")
    if name is not None:
        change = circuits.pause if stop else circuits.close
        with unit_of_work() as session:
            change(session, name, who_acts(session, "campaign.write"), datetime.now(UTC))
        told(channel=name, state="paused" if stop else "closed")
        say(f"{name} is {'stopped: nothing goes to it' if stop else 'sending again'}.")
        return
    with unit_of_work() as session:
        found = circuits.channels(session)
        names = names_of_people(session, [one.why for one in found.values()])
    kept = "state since failures why"
    told(items=[{"channel": name, **fields_of(one, kept)} for name, one in found.items()])
    if not found:
        say("Nothing was handed to any channel yet.")
        return
    table = Table(whole("Channel"), "How it is", whole("Since (UTC)"), "Failures", "Why", box=None)
    for channel, one in found.items():
        why = "" if one.state == "paused" else one.why or ""
        since, how = f"{one.since:%Y-%m-%d %H:%M}", how_it_is(one, names)
        table.add_row(channel, escape(how), since, str(one.failures), escape(why))
    print_table(table)


def resting(session: "Session") -> list[str]:
    """Of each channel that takes nothing just now why, and how it goes on."""
    from leadflow.assignment.team.naming import names_of_people
    from leadflow.campaigns.circuits.service import channels as circuits
    from leadflow.campaigns.circuits.words import why_nothing_goes

    found = {name: one for name, one in circuits(session).items() if one.state != "closed"}
    names = names_of_people(session, [one.why for one in found.values()])
    return [
        f"{why_nothing_goes(name, one, names)} Send again: leadflow channels {name} --resume"
        for name, one in found.items()
    ]
