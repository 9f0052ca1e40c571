"""``leadflow campaigns simulate``: what a campaign would do, in numbers, before anybody gets a
mail."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.campaigns.campaigns import reader, say
from leadflow.cli.console import working
from leadflow.cli.installed import require
from leadflow.cli.tables import print_table

if TYPE_CHECKING:
    from leadflow.campaigns.definitions.program import Program
    from leadflow.campaigns.simulating.tallying import Tally

Whose = Annotated[
    str, typer.Argument(metavar="PATH_OR_NAME", help="A file with one campaign, or a stored one.")
]


def simulate(
    campaign: Whose,
    leads: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="How many leads of the simulated market.")
    ] = 10_000,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="When it begins; unset: today (UTC)."),
    ] = None,
    past: Annotated[
        bool, typer.Option("--past", help="With the leads that are stored, as they were.")
    ] = False,
    days: Annotated[
        float, typer.Option(min=1, max=365, help="How long each lead is watched.")
    ] = 30.0,
    seed: Annotated[int, typer.Option(min=0, help="The same makes the same leads.")] = 1,
    to: Annotated[Path | None, typer.Option(help="A picture (SVG) with the numbers.")] = None,
) -> None:
    """Let many leads go through a campaign by a clock of its own: weeks in seconds, and nobody gets
    a mail. The leads are those of a simulated market, who do with mails what people do; or, with
    --past, those that are stored, with what really has happened to them since --from."""
    from leadflow.campaigns.drawing import drawn

    if past and since is None:
        raise typer.BadParameter("say from when on, such as --from 2026-03-01", param_hint="--past")
    program = _program(campaign)
    begins = (since or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = begins.replace(tzinfo=UTC)
    with working(f"Simulating {program.name} from {begins:%Y-%m-%d} on"):
        if past:
            tally = _of_past(program, begins, days)
        else:
            tally = _of_market(program, begins, leads, days, seed)
    _tell(program, tally)
    if to is not None:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(drawn(program, tally.passed), encoding="utf-8")
        say(f"Drawn: {to}")


def _program(campaign: str) -> "Program":
    """The campaign of a file, or the newest version of a stored one."""
    from leadflow.campaigns.files import campaign_files, read_files
    from leadflow.campaigns.store import service
    from leadflow.campaigns.store.programs import programs
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    if Path(campaign).exists() or Path(campaign).suffix:
        files = read_files(campaign_files([Path(campaign)]), reader(None))
        found = [one for each in files.values() for one in each.values()]
        if len(found) != 1:
            names = ", ".join(one.name for one in found)
            raise typer.BadParameter(f"{campaign} has {names}: name a file with one of them alone.")
        return found[0]
    require(get_settings())
    with unit_of_work() as session:
        version = campaign, service.read_campaign(session, campaign).version
        return programs(session, [version])[version]


def _of_market(program: "Program", begins: datetime, leads: int, days: float, seed: int) -> "Tally":
    from leadflow.campaigns.simulating.blocks import simulate_market
    from leadflow.campaigns.simulating.market_leads import Market
    from leadflow.scoring.levels import thresholds
    from leadflow.settings import get_settings

    market = Market(seed, leads, begins, days, thresholds(get_settings()))
    return simulate_market(program, market)


def _of_past(program: "Program", begins: datetime, days: float) -> "Tally":
    from leadflow.campaigns.simulating.past_leads import simulate_past
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    require(get_settings())
    with unit_of_work() as session:
        return simulate_past(session, program, begins, datetime.now(UTC), days)


def _tell(program: "Program", tally: "Tally") -> None:
    for said, names in (
        ("Of this nothing is known of these leads, it is missing in all of them", tally.unknown),
        ("This happens to none of these leads", tally.never),
    ):
        if names:
            say(f"{said}: {', '.join(sorted(names))}.")
    say(f"{how_many(tally.leads, 'lead')}; {tally.watched:,} came in, {tally.kept_out:,} held out.")
    if tally.came > tally.watched:
        say(f"Came in again: {tally.came - tally.watched:,}")
    _tell_ways(program, tally)
    _tell_counts("Mails", tally.mails)
    _tell_counts("Not sent, because no hour was open", tally.skipped)
    _tell_counts("Ends", tally.ends | ({"still in it": tally.still} if tally.still else {}))
    if tally.median_days is not None:
        say(f"Median days in it, of those that ended: {tally.median_days:.1f}")
    _tell_goal(program, tally)


def _tell_ways(program: "Program", tally: "Tally") -> None:
    from leadflow.campaigns.simulating.tallying import came_to

    came, before = came_to(program, tally), ""
    table = Table("Step", "Came", "Way", "Leads to", "Took it", box=None)
    for edge in program.edges:
        many = f"{came[edge.step]:,}" if edge.step in came else ""
        step, many = ("", "") if edge.step == before else (edge.step, many)
        before = edge.step
        table.add_row(step, many, edge.way, edge.to, f"{tally.passed[edge.step, edge.way]:,}")
    print_table(table)


def _tell_goal(program: "Program", tally: "Tally") -> None:
    if program.campaign.goal is None:
        return
    for who, reached, of in (
        ("those that came in", tally.reached, tally.watched),
        ("those held out", tally.reached_out, tally.kept_out),
    ):
        if of:
            said = f"{reached:,} of {of:,} ({reached / of:.1%})"
            say(f"Goal reached in time by {said} of {who}.")


def _tell_counts(title: str, counts: Mapping[str, int]) -> None:
    if counts:
        listed = (f"{name} {count:,}" for name, count in sorted(counts.items()))
        say(f"{title}: {', '.join(listed)}")
