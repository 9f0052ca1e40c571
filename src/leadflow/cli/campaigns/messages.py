"""``leadflow campaigns messages`` and ``settle``: what was sent to whom, and what became of it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import who_acts
from leadflow.cli.campaigns.campaigns import say
from leadflow.cli.console import told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leadflow.campaigns.dispatch.listing import MessageStory, ShownMessage

USUAL = 50


def messages(
    message: Annotated[
        str | None, typer.Argument(help="A message's id: its whole story.", show_default=False)
    ] = None,
    status: Annotated[
        str | None, typer.Option(help="planned, claimed, accepted, failed, uncertain, …")
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(help="Of this campaign alone, such as welcome_series_1.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = USUAL,
    after: Annotated[
        str | None, typer.Option(help="Go on after a page, as was said at its end.")
    ] = None,
) -> None:
    """The newest messages of campaigns and what became of each, or the story of one."""
    from leadflow.campaigns.dispatch.listing import Which, page_of_messages, story_of
    from leadflow.campaigns.store.service import read_campaign
    from leadflow.database.engine import unit_of_work
    from leadflow.paging.keyset import Wanted

    if message is not None:
        with unit_of_work() as session:
            _tell(story_of(session, message))
        return
    with unit_of_work() as session:
        if campaign is not None:
            read_campaign(session, campaign)
        which = Which(campaign)
        found = page_of_messages(session, status, Wanted(limit, after), which)
    told(items=found.items, next=found.next)
    if not found.items:
        say("There are no such messages.")
        return
    _list(found.items)
    if found.next is not None:
        asked = {"campaign": campaign, "status": status, "limit": limit if limit != USUAL else None}
        named = [f"--{name} {value}" for name, value in asked.items() if value is not None]
        more = " ".join(["leadflow campaigns messages", *named, "--after", found.next])
        say(f"There are more. See them: {more}")


def _list(found: "Sequence[ShownMessage]") -> None:
    columns = (whole("Message"), "Campaign", "Step", "Lead", "State", whole("Due (UTC)"), "Why")
    table = Table(*columns, box=None)
    for one in found:
        due = f"{one.due_at:%Y-%m-%d %H:%M}"
        why = escape(one.why or "")
        table.add_row(one.id, one.campaign, one.step, one.lead_id, one.status, due, why)
    print_table(table)


def _tell(found: "MessageStory") -> None:
    one = found.message
    told(story=found)
    say(f"{one.id}: {one.status}, {one.campaign}, step {one.step}, for {one.lead_id}")
    moments = (
        ("planned", found.planned_at),
        ("due", one.due_at),
        ("handed over", found.handed_at),
        ("accepted", one.sent_at),
        ("asked for again", found.ask_at),
    )
    for what, at in moments:
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
    told(messages=message, became=became)
    them = "it" if len(message) == 1 else how_many(len(message), "message")
    sent = ", and sent again" if again else ""
    say(f"Noted: {them} {'arrived' if arrived else 'did not arrive'}{sent}.")


def add_to(app: typer.Typer) -> None:
    """Add these commands to those of campaigns."""
    app.command()(messages)
    app.command()(settle)
