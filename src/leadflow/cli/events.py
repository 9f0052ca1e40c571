"""``leadflow events``: which types of events there are, and adding your own."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from leadflow.cli.access.identity import who_acts
from leadflow.cli.access.submitting import WithoutApproval, submit, waits
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.tables import print_table

app = typer.Typer(no_args_is_help=True, help="Types of events: what a lead may do, as data.")
# Of a type, for programs.
KEPT = "name label counts_as dimension done_by reopens declared_by"
File = Annotated[Path, typer.Argument(help="A .yaml file; see docs/events.md.")]


@app.command("list")
def list_types() -> None:
    """Every type: what it counts as, who does it, and whether it is learned from."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.events import types

    with unit_of_work() as session:
        rows = types.list_types(session)
    told(items=[fields_of(row, KEPT) | {"touch": row.is_touch} for row in rows])
    table = Table(
        "Type", "Means", "Counts as", "Part of the score", "Done by", "Reopens", "From", box=None
    )
    for row in rows:
        table.add_row(
            row.name,
            escape(row.label),
            "" if row.counts_as == row.name else row.counts_as,
            row.dimension if row.done_by == "lead" else "",
            "salesperson, a touch" if row.is_touch else _WHO[row.done_by],
            "lost leads" if row.reopens else "",
            "your company" if row.declared_by == types.COMPANY else "Leadflow",
        )
    print_table(table)


@app.command("import")
def import_types(
    file: File,
    dry: Annotated[bool, typer.Option("--dry", help="Only check; store nothing.")] = False,
    without_approval: WithoutApproval = None,
) -> None:
    """Add the types of a file, or change your own of the same name; all or none."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.events.own_types import declare, load_event_types, would_declare

    given = load_event_types(file)
    now, submitted = datetime.now(UTC), None
    with unit_of_work() as session:
        by = who_acts(session, "event_type.write")
        if not dry:
            do = partial(declare, session, given, by, now)
            submitted = submit(session, ["event_types"], do, now, without_approval=without_approval)
        declared = would_declare(session, given) if submitted is None else submitted.done
    told(new=declared.new, changed=declared.changed)
    for what, names in (("New", declared.new), ("Changed", declared.changed)):
        if names:
            console.print(f"{what}: {', '.join(names)}")
    if not declared.new and not declared.changed:
        console.print("They say what is stored already; nothing has changed.")
    elif dry:
        console.print("The types are in order. Nothing was stored.")
    elif submitted is not None and not waits(submitted):
        console.print("Events of these types are taken from now on; the next training sees them.")


_WHO = {"lead": "lead", "rep": "salesperson"}
