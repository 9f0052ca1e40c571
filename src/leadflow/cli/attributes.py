"""``leadflow attributes``: what is learned from besides Leadflow's own fields."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.console import console, told
from leadflow.cli.tables import print_table, whole

app = typer.Typer(
    no_args_is_help=True, help="Attributes of leads: which there are, dropping and restoring one."
)
Name = Annotated[str, typer.Argument(help="Its name, as `list` shows it.")]


@app.command("list")
def list_attributes() -> None:
    """Every attribute, how many leads have it, and what was dropped or taken out."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.imports.dropping import attributes

    with unit_of_work() as session:
        found = attributes(session)
    told(items=found)
    if not found:
        console.print("No lead has an attribute yet. A mapping names them: docs/mappings.md")
        return
    headings = ("Label", "Kind", "Leads", "Taken out", "Learned from")
    table = Table(whole("Name"), *headings, box=None)
    for one in found:
        learned = "yes" if one.dropped_at is None else f"dropped {one.dropped_at:%Y-%m-%d}"
        out = f"{one.taken_out:,}" if one.taken_out else ""
        table.add_row(one.name, escape(one.label), one.kind, f"{one.leads:,}", out, learned)
    print_table(table)


@app.command()
def drop(name: Name) -> None:
    """Take an attribute out of all leads and of learning, such as one that knows the outcome."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.imports.dropping import drop_attribute

    with unit_of_work() as session:
        times = drop_attribute(session, name, datetime.now(UTC))
    told(name=name, leads=times)
    console.print(f"{escape(name)} is taken out of {how_many(times, 'lead')} and of learning.")
    console.print(f"To have it back: leadflow attributes restore {escape(name)}")
    console.print("Next: [bold]leadflow train[/bold], for a model without it")


@app.command()
def restore(name: Name) -> None:
    """Put back what was dropped, or what a mapping had taken out, of an attribute or a field."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.imports.dropping import restore_attribute

    with unit_of_work() as session:
        times = restore_attribute(session, name)
    told(name=name, leads=times)
    console.print(f"{escape(name)} is back in {how_many(times, 'lead')}.")
