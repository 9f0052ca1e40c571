"""``leadflow imports``: the files that were imported, and taking one back."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many, of_number
from leadflow.cli.console import console, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from leadflow.intake.undoing import Undone

app = typer.Typer(no_args_is_help=True, help="Files that were imported, and taking one back.")
MOST_SHOWN = 20


@app.command("list")
def list_imports(
    limit: Annotated[int, typer.Option(help="Show at most this many.", min=1)] = 50,
) -> None:
    """The imports, newest first, with what came of their rows."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.imports.listing import imports

    with unit_of_work() as session:
        found = imports(session, limit)
    told(items=found)
    if not found:
        console.print("No file was imported yet. Bring one in: leadflow import FILE")
        return
    headings = ("File", "Source", "When (UTC)", "Rows", "New", "Updated", "Set aside", "State")
    table = Table(whole("Id"), *headings, box=None)
    for one in found:
        counts = (f"{n:,}" for n in (one.rows, one.new, one.updated, one.set_aside))
        when = f"{one.at:%Y-%m-%d %H:%M}"
        table.add_row(one.id, escape(one.file), escape(one.source), when, *counts, one.status)
    print_table(table)
    console.print("To take one back: leadflow imports undo ID")


@app.command()
def undo(
    import_id: Annotated[str, typer.Argument(help="The import's id, as `list` shows it.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be taken back.")
    ] = False,
) -> None:
    """Take an import back: the leads it made, the values it changed, the outcomes it told.

    What somebody has said, done or decided since stays, and is listed.
    """
    from leadflow.database.engine import unit_of_work
    from leadflow.intake.undoing import undo_import

    with unit_of_work() as session:
        done = undo_import(session, import_id, datetime.now(UTC))
        if dry_run:
            session.rollback()
    told(undone=done, dry_run=dry_run)
    console.print(describe(done, dry_run))


def describe(done: "Undone", dry_run: bool = False) -> str:
    """What was taken back, in a few lines, and what stays."""
    verb = "would be taken back" if dry_run else "taken back"
    lines = [
        f"[bold]{how_many(done.deleted, 'lead')}[/bold] it made {verb}; "
        f"{how_many(done.restored, 'lead')} as before; {how_many(done.outcomes, 'outcome')} and "
        f"{how_many(done.set_aside, 'row')} set aside {verb}."
    ]
    if done.stays:
        count = len(done.stays)
        lines.append(
            f"Something newer stands on [bold]{how_many(count, 'lead')}[/bold], which "
            f"{of_number(count, 'stays', 'stay')} as far as it does:"
        )
        shown = list(done.stays.items())[:MOST_SHOWN]
        lines += [f"  {lead_id}: {escape(', '.join(why))}" for lead_id, why in shown]
        if count > MOST_SHOWN:
            lines.append(f"  and {count - MOST_SHOWN:,} more")
    if dry_run:
        lines.append("Nothing was changed.")
    return "\n".join(lines)
