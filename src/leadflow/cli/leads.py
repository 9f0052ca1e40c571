"""``leadflow import`` and ``leadflow quarantine``: leads in, and the rows that need a person."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many, of_number
from leadflow.cli.console import console

if TYPE_CHECKING:
    from leadflow.intake.files import ImportSummary
    from leadflow.leads.files.mapping import Mapping
    from leadflow.leads.files.quarantine import SetAside

app = typer.Typer(no_args_is_help=True, help="Rows of files that were set aside, and mending them.")
MOST_REASONS = 10
RowId = Annotated[str, typer.Argument(help="The row's id, as `list` shows it.")]


def import_leads(
    file: Annotated[
        Path, typer.Argument(help="A .csv, .jsonl, .parquet or spreadsheet file.", dir_okay=False)
    ],
    mapping: Annotated[
        Path | None, typer.Option(help="A YAML file that says what each column means.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Where the leads come from; else as the mapping says.")
    ] = None,
) -> None:
    """Bring leads in from a file. Without --mapping, proposes one and stores nothing.

    Every row is checked; those that fail are set aside with the reasons. An import that was
    interrupted goes on where it stopped, and the same file is never imported twice.
    """
    if mapping is None:
        _propose(file, source)
        return
    from leadflow.leads.files.mapping import load_mapping

    _import(file, load_mapping(mapping, source))


def _import(file: Path, mapping: "Mapping") -> None:
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from leadflow.database.engine import get_engine
    from leadflow.intake.files import import_file
    from leadflow.settings import get_settings

    shown = (
        SpinnerColumn(),
        TextColumn("{task.completed:,.0f} of the rows of {task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*shown, console=console, transient=True) as progress:
        task = progress.add_task(escape(file.name), total=None)
        summary = import_file(
            file,
            mapping,
            get_settings(),
            get_engine(),
            datetime.now(UTC),
            lambda rows: progress.advance(task, rows),
        )
    console.print(describe(summary))
    if summary.past is not None and summary.past.assignments:
        new = summary.past.new_reps
        console.print(
            f"Who had [bold]{summary.past.assignments:,}[/bold] of them is recorded; "
            f"{how_many(new, 'salesperson')} {of_number(new, 'was')} not known before. "
            "See: leadflow reps list"
        )
    taken_out = summary.taken_out if summary.finished_before is None else None
    for name, times in (taken_out or {}).items():
        console.print(
            f"The mapping says [bold]{escape(name)}[/bold] no longer: taken out of "
            f"{how_many(times, 'lead')}. To have it back: leadflow attributes restore "
            f"{escape(name.removeprefix('attributes.'))}",
            soft_wrap=True,
        )
    if summary.not_used:
        names = escape(", ".join(summary.not_used))
        console.print(f"Columns the mapping does not name, and that were not stored: {names}")
    if summary.stored.new or summary.stored.updated or taken_out:
        console.print("Next: [bold]leadflow train[/bold], then leadflow score")


def describe(summary: "ImportSummary") -> str:
    """What became of a file, in a few lines, with the next command where rows were set aside."""
    stored = summary.stored
    if summary.finished_before is not None:
        when = f"{summary.finished_before:%Y-%m-%d %H:%M} UTC"
        rows = how_many(stored.new + stored.updated + stored.unchanged, "row")
        return f"Already imported on {when}: {rows} of leads. Nothing changed."
    lines = [
        f"[bold]{how_many(summary.rows, 'row')}[/bold] read: "
        f"[bold]{how_many(stored.new, 'new lead')}[/bold], {stored.updated:,} updated, "
        f"{stored.unchanged:,} unchanged; {how_many(stored.outcomes, 'outcome')}."
    ]
    if summary.set_aside:
        rows = how_many(summary.set_aside, "row")
        lines.append(f"[bold]{rows}[/bold] {of_number(summary.set_aside, 'was')} set aside:")
        reasons = summary.reasons.most_common()
        lines += [f"  {times:,} × {escape(reason)}" for reason, times in reasons[:MOST_REASONS]]
        if (more := len(reasons) - MOST_REASONS) > 0:
            lines.append(f"  and for {how_many(more, 'other reason')}")
        lines.append("See and mend them: leadflow quarantine list")
    return "\n".join(lines)


def _propose(file: Path, source: str | None) -> None:
    import yaml

    from leadflow.leads.files.formats.reading import open_table
    from leadflow.leads.files.mapping_parts import CsvOptions
    from leadflow.leads.files.proposal import propose

    stem = file.name.split(".")[0]
    proposal = propose(open_table(file, CsvOptions()), source or stem, datetime.now(UTC))
    table = Table(title=f"{escape(file.name)}: {how_many(proposal.rows, 'row')}. Its columns")
    for heading in ("Column", "Becomes", "Why"):
        table.add_column(heading, overflow="fold")
    for column in proposal.columns:
        table.add_row(escape(column.column), escape(column.becomes), column.why)
    console.print(table)
    for note in proposal.notes:
        console.print(note)
    target = Path(f"{stem}.mapping.yaml")
    try:
        with target.open("x", encoding="utf-8") as stream:
            stream.write(f"# Proposed for {file.name}. Correct what is wrong, then import.\n")
            stream.write("# What every key means: docs/mappings.md\n")
            stream.writelines(f"# {note}\n" for note in proposal.notes)
            yaml.safe_dump(proposal.content, stream, sort_keys=False, allow_unicode=True)
        console.print(f"Nothing was stored. The proposal is in [bold]{escape(str(target))}[/bold].")
    except FileExistsError:
        console.print(f"{escape(str(target))} is there already and stays as it is.")
    command = f"leadflow import {file} --mapping {target}"
    console.print(f"Correct it, then: [bold]{escape(command)}[/bold]", soft_wrap=True)


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
    table = Table(box=None)
    table.add_column("Id", no_wrap=True, min_width=32)
    for heading in ("File", "Row", "Reasons"):
        table.add_column(heading)
    for row in rows:
        table.add_row(row.id, escape(row.file), f"{row.row_number:,}", _reasons(row))
    console.print(table)
    console.print("Next: leadflow quarantine show ID, then quarantine mend ID COLUMN=VALUE")


@app.command()
def show(row_id: RowId) -> None:
    """One row with all its values. They may name a person."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.files.quarantine import get_row

    with unit_of_work() as session:
        row = get_row(session, row_id)
    table = Table("Column", "Value")
    for name, value in row.content.items():
        table.add_row(escape(name), escape(value or ""))
    console.print(f"Row {row.row_number:,} of {escape(row.file)}: [bold]{row.status}[/bold]")
    console.print(_reasons(row))
    console.print(table)


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
    console.print("Discarded.")


def _reasons(row: "SetAside") -> str:
    return "\n".join(escape(f"{reason['field']} {reason['rule']}") for reason in row.reasons)
