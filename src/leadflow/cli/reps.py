"""``leadflow reps``: the sales team."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from leadflow.cli.console import console

app = typer.Typer(no_args_is_help=True, help="The sales team: who takes leads, and how many.")


@app.command("import")
def import_team(
    file: Annotated[Path, typer.Argument(help="YAML, like examples/sales_team.yaml.")],
) -> None:
    """Add or change salespeople, their skills and territories from a YAML file."""
    from leadflow.assignment.team import load_team, store_team
    from leadflow.database.engine import unit_of_work

    team = load_team(file)
    with unit_of_work() as session:
        store_team(session, team)
    console.print(f"{len(team.reps)} salespeople stored. See them: leadflow reps list")


@app.command("list")
def list_reps() -> None:
    """Everyone with their leads in work, capacity, skills and territories."""
    from sqlalchemy import select

    from leadflow.assignment.tables import Rep
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        names = dict(session.execute(select(Rep.id, Rep.name)).tuples().all())
    table = Table("Salesperson", "Leads in work", "Capacity", "Skills", "Territories")
    for rep in reps:
        table.add_row(
            names[rep.rep_id] + ("" if rep.active else " [dim](inactive)[/dim]"),
            str(rep.load),
            str(rep.capacity),
            ", ".join(f"{name} {level}" for name, level in sorted(rep.skills.items())),
            ", ".join(area.name for area in rep.territories) or "everywhere",
        )
    console.print(table)
