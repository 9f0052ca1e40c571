"""``leadflow campaigns list`` and ``show``: which there are, and how one goes."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.campaigns import figures
from leadflow.cli.campaigns.campaigns import say
from leadflow.cli.console import OUTPUT, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leadflow.campaigns.counting.counts import Numbers
    from leadflow.campaigns.store.listed import Listed


def list_campaigns(
    archived: Annotated[bool, typer.Option("--archived", help="Those put away, too.")] = False,
) -> None:
    """Every campaign, what it is doing, and how many are in it and reached its goal."""
    from leadflow.campaigns.counting.counts import NOBODY, counts
    from leadflow.campaigns.store import service
    from leadflow.campaigns.store.listed import listed
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        known, counted = listed(session), counts(session)
        stored = service.campaigns_now(session) if OUTPUT.json else {}
    if not archived:
        known = {name: one for name, one in known.items() if one.state != service.ARCHIVED}
    if OUTPUT.json:
        from leadflow.gateway.api.campaigns.schemas import CampaignOut

        told(items=[CampaignOut.of(stored[name], counted.get(name, NOBODY)) for name in known])
    if not known:
        say("There are no campaigns. Add some: leadflow campaigns apply FILE (docs/campaigns.md)")
    else:
        _tell(known, counted)


def _tell(known: "Mapping[str, Listed]", counted: "Mapping[str, Numbers]") -> None:
    """As a table that fits into 80 columns."""
    from leadflow.campaigns.counting.counts import NOBODY

    table = Table(whole("Campaign"), "What it is", "State", "Came in", "In it", "Goal", box=None)
    for name, stored in known.items():
        numbers = counted.get(name, NOBODY)
        counts = numbers.came_in, numbers.in_it, numbers.reached_the_goal
        title = escape(stored.title)
        table.add_row(escape(name), title, stored.state, *(f"{one:,}" for one in counts))
    print_table(table)


def show(
    name: Annotated[str, typer.Argument(help="The campaign's name, such as welcome_series_1.")],
) -> None:
    """A campaign with how many have taken each of its ways, what became of its messages and what
    came back of them, over all of its versions. Opens and clicks of machines stand apart, after a
    plus, by step and by mail domain."""
    from leadflow.database.engine import unit_of_work

    if OUTPUT.json:
        from leadflow.gateway.api.campaigns.shown import shown

        with unit_of_work() as session:
            told(**shown(session, name).model_dump())
    _tell_one(name)


def _tell_one(name: str) -> None:
    from leadflow.campaigns.counting.counts import NO_MESSAGES, NOBODY, counts, messages_of
    from leadflow.campaigns.feedback.domains import by_domain
    from leadflow.campaigns.feedback.figures import figures_by_step
    from leadflow.campaigns.feedback.pausing import paused_itself
    from leadflow.campaigns.store import service
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        stored = service.read_campaign(session, name)
        passed = service.passed(session, name)
        numbers = counts(session, name).get(name, NOBODY)
        messages = messages_of(session, name).get(name, NO_MESSAGES)
        came_back, paused = figures_by_step(session, name), paused_itself(session, stored)
        domains = by_domain(session, name)
    say(f"{stored.program.campaign.name} ({name}) is {stored.state}, version {stored.version}.")
    if paused is not None:
        say(f"It paused itself at {paused.paused_at:%Y-%m-%d %H:%M} UTC: too many {paused.why}.")
    say(f"{how_many(numbers.came_in, 'lead')} came in, {numbers.in_it:,} in it now.")
    ends = sorted(numbers.ended.items(), key=lambda one: -one[1])
    if ends:
        say(f"Ended: {', '.join(f'{count:,} {end}' for end, count in ends)}.")
    table = Table("Step", "Way", "Leads to", "Passed", box=None)
    for edge in stored.program.edges:
        count = passed.get((edge.step, edge.way), 0)
        table.add_row(edge.step, edge.way, edge.to, f"{count:,}")
    print_table(table)
    if messages.by:
        print_table(figures.became(messages))
    for line in figures.withheld(messages):
        say(line)
    if came_back:
        print_table(figures.came_back(came_back))
    if domains:
        print_table(figures.by_domain(domains))


def add_to(app: typer.Typer) -> None:
    """Add these commands to those of campaigns."""
    app.command("list")(list_campaigns)
    app.command()(show)
