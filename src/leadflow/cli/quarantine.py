"""``leadflow quarantine``: rows of files that need a person."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many, of_number
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from leadflow.leads.files.quarantine import SetAside

app = typer.Typer(no_args_is_help=True, help="Rows of files that were set aside, and mending them.")
MOST_REASONS = 10
RowId = Annotated[str, typer.Argument(help="The row's id, as `list` shows it.")]


@app.command("list")
def list_rows(
    limit: Annotated[int, typer.Option(help="Show at most this many.", min=1)] = 50,
) -> None:
    """The rows that wait: how many for which reason, then each by file and row."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.files.quarantine import waiting_rows
    from leadflow.leads.files.quarantine_groups import rows_waiting, waiting_by_reason

    with unit_of_work() as session:
        rows, groups = waiting_rows(session, limit), waiting_by_reason(session)
        waiting = rows_waiting(session)
    told(rows=waiting, groups=groups, items=[_facts(row) for row in rows])
    if not rows:
        console.print("No row waits to be mended.")
        return
    verb = of_number(waiting, "waits", "wait")
    console.print(f"[bold]{how_many(waiting, 'row')}[/bold] {verb} to be mended:")
    for group in groups:
        reason = escape(f"{group.field} {group.rule}")
        console.print(f"  {group.rows:,} × {reason}", soft_wrap=True)
    if waiting > limit:
        console.print(f"The first {limit:,} of them:")
    table = Table(whole("Id"), "File", "Row", "Reasons", box=None)
    for row in rows:
        table.add_row(row.id, escape(row.file), f"{row.row_number:,}", _reasons(row))
    print_table(table)
    console.print("Next: leadflow quarantine show ID, then quarantine mend ID COLUMN=VALUE")


@app.command()
def show(row_id: RowId) -> None:
    """One row with all its values. They may name a person."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.files.quarantine import get_row

    with unit_of_work() as session:
        row = get_row(session, row_id)
    told(**_facts(row), values=row.content)
    table = Table("Column", "Value")
    for name, value in row.content.items():
        table.add_row(escape(name), escape(value or ""))
    console.print(f"Row {row.row_number:,} of {escape(row.file)}: [bold]{row.status}[/bold]")
    console.print(_reasons(row))
    print_table(table)


@app.command()
def mend(
    row_id: RowId,
    changes: Annotated[list[str], typer.Argument(help="COLUMN=VALUE, as often as needed.")],
) -> None:
    """Correct values of a row and check it again; it is stored if it passes."""
    from leadflow.database.engine import unit_of_work
    from leadflow.intake.rows import take_rows
    from leadflow.leads.files import quarantine
    from leadflow.settings import get_settings

    if not all("=" in change for change in changes):
        raise typer.BadParameter("Write each change as COLUMN=VALUE.")
    values = dict(change.split("=", 1) for change in changes)
    now, currency = datetime.now(UTC), get_settings().default_currency
    with unit_of_work() as session:
        row = quarantine.mend(session, row_id, values, now, currency, take_rows)
    told(**_facts(row))
    if row.status == "stored":
        console.print("Mended and stored.")
    else:
        console.print(f"Not there yet, the row goes on waiting:\n{_reasons(row)}")


@app.command()
def retry(
    row_ids: Annotated[list[str] | None, typer.Argument(help="Which rows.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every row that waits.")] = False,
) -> None:
    """Check rows again without changing them."""
    from leadflow.database.engine import unit_of_work
    from leadflow.intake.rows import take_rows
    from leadflow.leads.files import quarantine
    from leadflow.settings import get_settings

    if bool(row_ids) == every:
        raise typer.BadParameter("Name the rows, or say --all.")
    currency = get_settings().default_currency
    with unit_of_work() as session:
        done = quarantine.retry(session, row_ids, datetime.now(UTC), currency, take_rows)
    told(stored=done.stored, waiting=done.waiting)
    console.print(
        f"{how_many(done.stored, 'row')} stored; {done.waiting:,} "
        f"{of_number(done.waiting, 'goes', 'go')} on waiting."
    )


@app.command()
def discard(row_id: RowId) -> None:
    """Give a row up for good; its content is deleted."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.files import quarantine

    with unit_of_work() as session:
        quarantine.discard(session, row_id, datetime.now(UTC))
    told(id=row_id, status="discarded")
    console.print("Discarded.")


def _facts(row: "SetAside") -> dict[str, Any]:
    return fields_of(row, "id file row_number status reasons")


def _reasons(row: "SetAside") -> str:
    return "\n".join(escape(f"{reason['field']} {reason['rule']}") for reason in row.reasons)
