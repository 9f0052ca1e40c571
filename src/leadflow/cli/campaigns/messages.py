"""``leadflow campaigns messages`` and ``settle``: what was sent to whom, and what became of it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import who_acts
from leadflow.cli.campaigns.campaigns import say
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from leadflow.campaigns.dispatch.listing import MessageStory


def messages(
    message: Annotated[
        str | None, typer.Argument(help="A message's id: its whole story.", show_default=False)
    ] = None,
    status: Annotated[
        str | None, typer.Option(help="planned, claimed, accepted, failed, uncertain, …")
    ] = None,
) -> None:
    """The newest messages of campaigns and what became of each, or the story of one."""
    from leadflow.campaigns.dispatch.listing import page_of_messages, story_of
    from leadflow.database.engine import unit_of_work

    if message is not None:
        with unit_of_work() as session:
            _tell(story_of(session, message))
        return
    with unit_of_work() as session:
        found = page_of_messages(session, status)
    if not found.items:
        say("There are no such messages.")
        return
    columns = (whole("Message"), "Campaign", "Step", "Lead", "State", whole("Due (UTC)"), "Why")
    table = Table(*columns, box=None)
    for one in found.items:
        due = f"{one.due_at:%Y-%m-%d %H:%M}"
        why = escape(one.why or "")
        table.add_row(one.id, one.campaign, one.step, one.lead_id, one.status, due, why)
    print_table(table)


def _tell(found: "MessageStory") -> None:
    one = found.message
    say(f"{one.id}: {one.status}, {one.campaign}, step {one.step}, for {one.lead_id}")
    told = (
        ("planned", found.planned_at),
        ("due", one.due_at),
        ("handed over", found.handed_at),
        ("accepted", one.sent_at),
        ("asked for again", found.ask_at),
    )
    for what, at in told:
        if at is not None:
            say(f"  {what:16} {at:%Y-%m-%d %H:%M:%S} UTC")
    known = (("channel", found.channel), ("called there", found.provider_id), ("why", one.why))
    for what, said in known:
        if said is not None:
            say(f"  {what:16} {said}")
    if not found.attempts:
        return
    table = Table("Attempt", whole("When (UTC)"), "By", "Became", "What was said", box=None)
    for each in found.attempts:
        when, by = f"{each.at:%Y-%m-%d %H:%M:%S}", each.channel or "not handed over"
        table.add_row(str(each.attempt), when, by, each.became, escape(each.said or ""))
    print_table(table)


def settle(
    message: Annotated[list[str], typer.Argument(help="The message's id. Several may be said.")],
    arrived: Annotated[
        bool, typer.Option("--arrived/--did-not-arrive", help="What you have found out.")
    ],
    again: Annotated[
        bool, typer.Option("--again", help="Send those that did not arrive once more.")
    ] = False,
) -> None:
    """Say of uncertain messages whether they arrived. None is sent again unless you say so."""
    from leadflow.campaigns.dispatch import listing
    from leadflow.database.engine import unit_of_work

    if again and arrived:
        raise typer.BadParameter("What arrived is not sent again.", param_hint="--again")
    became: listing.Settled = "accepted" if arrived else "planned" if again else "failed"
    with unit_of_work() as session:
        by, now = who_acts(session, "campaign.write"), datetime.now(UTC)
        for one in message:
            listing.settle(session, one, became, by, now)
    them = "it" if len(message) == 1 else how_many(len(message), "message")
    sent = ", and sent again" if again else ""
    say(f"Noted: {them} {'arrived' if arrived else 'did not arrive'}{sent}.")


def add_to(app: typer.Typer) -> None:
    """Add these commands to those of campaigns."""
    app.command()(messages)
    app.command()(settle)
