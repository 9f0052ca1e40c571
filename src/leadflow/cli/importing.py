"""``leadflow import``: leads in from a file, by a mapping that is proposed where there is none."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many, of_number
from leadflow.cli.console import console, told
from leadflow.cli.tables import print_table

if TYPE_CHECKING:
    from leadflow.intake.files import ImportSummary
    from leadflow.leads.files.mapping import Mapping
    from leadflow.leads.files.proposing.proposal import Proposal

MOST_REASONS = 10


class OpenQuestions(ValueError):
    """A proposed mapping cannot be taken as it is."""


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
    encoding: Annotated[
        str | None,
        typer.Option(
            help="What the text of a CSV file is written in, such as shift_jis, for the proposal; "
            "else it is found out."
        ),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Import by the proposal, if it leaves nothing open.")
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Go on where more than a tenth of the rows fail.")
    ] = False,
) -> None:
    """Bring leads in from a file. Without --mapping, proposes one and stores nothing.

    Every row is checked; those that fail are set aside with the reasons. An import that was
    interrupted goes on where it stopped, and the same file is never imported twice.
    """
    from leadflow.leads.files.mapping import load_mapping

    if mapping is not None and accept:
        raise typer.BadParameter("--accept takes a proposal: leave --mapping out.")
    if mapping is not None and encoding is not None:
        raise typer.BadParameter("A mapping says the encoding itself: csv: {encoding: …}.")
    if mapping is None:
        mapping = _propose(file, source, accept, _known_encoding(encoding))
    if mapping is not None:
        _import(file, load_mapping(mapping, source), anyway)


def _import(file: Path, mapping: "Mapping", anyway: bool) -> None:
    from leadflow.intake.too_many_set_aside import TooManySetAside

    try:
        summary = _brought_in(file, mapping, anyway)
    except TooManySetAside as error:
        if not sys.stdin.isatty():
            raise
        console.print(escape(str(error)))
        if not typer.confirm("Go on all the same?"):
            raise typer.Exit(1) from error
        summary = _brought_in(file, mapping, anyway=True)
    _tell(summary)


def _brought_in(file: Path, mapping: "Mapping", anyway: bool) -> "ImportSummary":
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
        return import_file(
            file,
            mapping,
            get_settings(),
            get_engine(),
            datetime.now(UTC),
            lambda rows: progress.advance(task, rows),
            anyway,
        )


def _tell(summary: "ImportSummary") -> None:
    told(**_facts(summary))
    console.print(describe(summary))
    for note in summary.said if summary.finished_before is None else ():
        console.print(escape(note))
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


def _facts(summary: "ImportSummary") -> dict[str, Any]:
    stored = summary.stored
    counts = {"new": stored.new, "updated": stored.updated, "unchanged": stored.unchanged}
    before = {"finished_before": summary.finished_before, "set_aside": summary.set_aside}
    return {"rows": summary.rows, **counts, "outcomes": stored.outcomes, **before}


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


def _known_encoding(encoding: str | None) -> str | None:
    from leadflow.leads.files.mapping_parts import text_encoding

    try:
        return encoding and text_encoding(encoding)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--encoding") from error


def _propose(file: Path, source: str | None, accept: bool, encoding: str | None) -> Path | None:
    """Propose a mapping, into a file of its own; that file where it is to be taken as it is.

    Raises:
        OpenQuestions: it is to be taken, and leaves something open.
    """
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.files.proposing.proposed_file import propose_for
    from leadflow.leads.imports.mapping_truth import asked_by_earlier_files

    stem = file.name.split(".")[0]
    proposal = propose_for(file, source or stem, datetime.now(UTC), encoding)
    if accept and not proposal.questions:
        with unit_of_work() as session:
            proposal.questions.extend(asked_by_earlier_files(session, proposal))
    _show(file, proposal)
    target = Path(f"{stem}.mapping.yaml")
    said = {"questions": proposal.questions, "first": _first(proposal), "notes": proposal.notes}
    told(rows=proposal.rows, **said, mapping=target)
    try:
        _write(target, file, proposal)
        if accept and not proposal.questions:
            console.print(f"Taken as it is; it is kept in [bold]{escape(str(target))}[/bold].")
            return target
        console.print(f"Nothing was stored. The proposal is in [bold]{escape(str(target))}[/bold].")
    except FileExistsError:
        console.print(f"{escape(str(target))} is there already and stays as it is.")
    command = f"leadflow import {file} --mapping {target}"
    asked = how_many(len(proposal.questions), "question")
    do = f"Answer the {asked} at the top in it" if proposal.questions else "Correct it"
    console.print(f"{do}, then: [bold]{escape(command)}[/bold]", soft_wrap=True)
    if accept:
        raise OpenQuestions(
            "The proposal was not taken: answer what is open in the mapping first."
            if proposal.questions
            else f"The proposal was not taken: {target} is there already. Import by that one, or "
            "remove it."
        )
    return None


def _show(file: Path, proposal: "Proposal") -> None:
    """What only a person can answer and what to look at first, above the columns; then the rest."""
    for heading, lines in (
        ("To be answered by you:", proposal.questions),
        ("Look at this first:", _first(proposal)),
    ):
        if lines:
            console.print(f"[bold]{heading}[/bold]")
        for line in lines:
            console.print(f"- {escape(line)}")
    table = Table(title=f"{escape(file.name)}: {how_many(proposal.rows, 'row')}. Its columns")
    for name in ("Column", "Becomes", "Why"):
        table.add_column(name, overflow="fold")
    for column in proposal.columns:
        table.add_row(escape(column.column), escape(column.becomes), column.why)
    print_table(table)
    for note in proposal.notes:
        console.print(escape(note))


def _first(proposal: "Proposal") -> list[str]:
    return [*filter(None, (proposal.repeats,)), *proposal.first]


def _write(target: Path, file: Path, proposal: "Proposal") -> None:
    import yaml

    with target.open("x", encoding="utf-8") as stream:
        stream.write(f"# Proposed for {file.name}. Correct what is wrong, then import.\n")
        stream.write("# What every key means: docs/mappings.md\n")
        stream.writelines(f"# To be answered: {asked}\n" for asked in proposal.questions)
        stream.writelines(f"# {note}\n" for note in (*_first(proposal), *proposal.notes))
        yaml.safe_dump(proposal.content, stream, sort_keys=False, allow_unicode=True)
