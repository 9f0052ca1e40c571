"""``leadflow reps``: the sales team."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from features.how_many import how_many
from leadflow.cli.access.identity import who_acts
from leadflow.cli.access.submitting import WithoutApproval, at_once
from leadflow.cli.console import console, print_text, told
from leadflow.cli.tables import print_table

if TYPE_CHECKING:
    from leadflow.assignment.team.roster import RosterEntry

app = typer.Typer(no_args_is_help=True, help="The sales team: who takes leads, and how many.")
Id = Annotated[str, typer.Argument(help="The company's own id, or Leadflow's.", metavar="ID")]
Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])]
LastDay = Annotated[
    datetime | None, typer.Argument(formats=["%Y-%m-%d"], help="Left out: one day.")
]


@app.command("import")
def import_team(
    file: Annotated[Path, typer.Argument(help="YAML, like examples/sales_team.yaml.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Who is not in the file becomes inactive.")
    ] = False,
    without_approval: WithoutApproval = None,
) -> None:
    """Add or change salespeople, teams and territories from a YAML file."""
    from leadflow.assignment.configuration import SECTION
    from leadflow.assignment.team.file import load_team
    from leadflow.assignment.team.snapshot import team_version
    from leadflow.assignment.team.versions import store_team
    from leadflow.database.engine import unit_of_work

    team = load_team(file)
    with unit_of_work() as session:
        before = team_version(session)
        do = partial(store_team, session, team, who_acts(session, "team.write"), replace)
        version = at_once(session, [SECTION], do, datetime.now(UTC), without_approval)
    told(version=version, reps=len(team.reps))
    if version == before:
        console.print(f"Nothing has changed: version {version} of the team says the same.")
        return
    console.print(
        f"{how_many(len(team.reps), 'salesperson')} stored, as version {version} of the team. "
        "See them: leadflow reps list"
    )


@app.command("list")
def list_reps() -> None:
    """Everyone: who works now, leads in work, skills, territories, days off."""
    from leadflow.assignment.team.roster import roster
    from leadflow.cli.team.rep_tables import reps_table
    from leadflow.database.engine import unit_of_work

    now = datetime.now(UTC)
    with unit_of_work() as session:
        standings = roster(session, now)
    told(items=[_facts(one) for one in standings])
    if not standings:
        console.print("There are none yet. Bring yours in: leadflow reps import FILE")
        return
    print_table(reps_table(standings, now))


def _facts(one: "RosterEntry") -> dict[str, Any]:
    facts = one.facts
    now = {"id": facts.rep_id, "external_id": one.given.id, "is_fallback": facts.is_fallback}
    load = {"open_leads": facts.load, "limit": facts.limit, "share": facts.ramp_share}
    opens = {"working_now": one.working, "next_opening": one.opens_at}
    return one.given.model_dump() | now | load | opens


@app.command()
def show(rep_id: Id) -> None:
    """One salesperson, with everything that is known of them."""
    from leadflow.assignment.team.roster import find_standing
    from leadflow.cli.team.rep_tables import rep_table
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        standing = find_standing(session, rep_id, datetime.now(UTC))
    told(**_facts(standing))
    print_table(rep_table(standing))


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Left out: to the screen.")] = None,
) -> None:
    """Write the team in use as YAML, as import reads it."""
    from leadflow.assignment.team.file import to_yaml
    from leadflow.assignment.team.store import read_stored
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        team = read_stored(session).team
    told(**team.model_dump())
    if file is None:
        print_text(to_yaml(team))
        return
    file.write_text(to_yaml(team))
    console.print(f"{how_many(len(team.reps), 'salesperson')} written to {escape(str(file))}.")


@app.command()
def versions() -> None:
    """Every version of the team, the newest (in use) first."""
    from leadflow.assignment.team.versions import team_versions
    from leadflow.cli.team.rep_tables import versions_table
    from leadflow.database.engine import unit_of_work
    from leadflow.paging.keyset import EVERYTHING

    with unit_of_work() as session:
        known = team_versions(session, EVERYTHING).items
    told(items=known)
    if not known:
        console.print("No team has been stored yet. Bring yours in: leadflow reps import FILE")
        return
    print_table(versions_table(known))


@app.command()
def restore(
    version: Annotated[int, typer.Argument(help="See: leadflow reps versions")],
    without_approval: WithoutApproval = None,
) -> None:
    """Use an earlier version of the team again. Who came since becomes inactive."""
    from leadflow.assignment.configuration import SECTION
    from leadflow.assignment.team.versions import restore_team
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        do = partial(restore_team, session, version, who_acts(session, "team.write"))
        made = at_once(session, [SECTION], do, datetime.now(UTC), without_approval)
    told(version=made)
    console.print(f"The team is that of version {version} again, now as version {made}.")


@app.command()
def off(rep_id: Id, first: Day, last: LastDay = None) -> None:
    """Enter days off, both included: leadflow reps off emp-001 2026-12-24 2026-12-31"""
    from leadflow.assignment.team.edits import add_days_off
    from leadflow.assignment.team.schemas import DaysOff
    from leadflow.database.engine import unit_of_work

    last = last or first
    if last < first:
        raise typer.BadParameter("The last day off is before the first.")
    days = DaysOff(first=first.date(), last=last.date())
    with unit_of_work() as session:
        add_days_off(session, rep_id, days, who_acts(session, "team.write"))
    told(id=rep_id, first=days.first, last=days.last)
    span = f"from {days.first} to {days.last}" if last != first else f"on {days.first}"
    console.print(f"{escape(rep_id)} is off {span}.")


@app.command()
def territories() -> None:
    """The tree of territories, with their salespeople."""
    from leadflow.assignment.team.roster import territory_forest
    from leadflow.assignment.team.store import read_stored
    from leadflow.cli.team.rep_tables import territory_view
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        team = read_stored(session).team
    told(territories=team.territories)
    if not team.territories:
        console.print("There are none: everybody takes leads from everywhere.")
        return
    console.print(territory_view(territory_forest(team), team))
