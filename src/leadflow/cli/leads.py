"""``leadflow leads``: leads out of Leadflow, as a file."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import person_here
from leadflow.cli.console import console, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from leadflow.accounts.actors import Actor
    from leadflow.exports.schemas import ExportOut

app = typer.Typer(no_args_is_help=True, help="Leads out of Leadflow: exports to a file.")
File = Annotated[
    Path, typer.Argument(help="Where to write it: a name that ends in .csv or .parquet.")
]
PAUSE = 1.0
UNDER_WAY = ("queued", "running")


@app.command()
def export(
    file: File,
    search: Annotated[
        Path | None,
        typer.Option(help="A YAML or JSON file of what to find, as POST /leads/search takes it."),
    ] = None,
    why: Annotated[str | None, typer.Option(help="What it is for; kept encrypted.")] = None,
) -> None:
    """Write all leads you may export into a file, or those that a search finds. Where somebody must
    approve it, say so and end; `leadflow leads fetch EXPORT FILE` gets
    the file then."""
    from leadflow.database.engine import unit_of_work
    from leadflow.exports import service
    from leadflow.exports.schemas import ExportIn, ExportOut

    form = _free(file)
    said = ExportIn.model_validate(_read(search) | {"format": form, "why": why})
    with unit_of_work() as session:
        caller = person_here(session, service.EXPORT)
        person_here(session, service.READ)
        made = ExportOut.of(service.ask(session, said, caller, datetime.now(UTC)))
    console.print(f"Asked for as {made.id}.")
    made = _awaited(made, caller)
    told(**made.model_dump())
    if made.state == "waiting":
        console.print(
            f"{how_many(made.leads or 0, 'lead')}: somebody else must approve that first. See "
            f"leadflow approvals show {made.approval_id}\n"
            f"Then get the file: leadflow leads fetch {made.id} {file}",
            soft_wrap=True,
            markup=False,
        )
    else:
        _save(made.id, caller, file)


@app.command()
def exports() -> None:
    """The exports you have asked for, the newest first."""
    from leadflow.database.engine import unit_of_work
    from leadflow.exports import service
    from leadflow.exports.schemas import ExportOut

    with unit_of_work() as session:
        found = service.exports_of(session, person_here(session, service.EXPORT)).items
    told(items=[ExportOut.of(made) for made in found])
    if not found:
        console.print("You have asked for none. Ask: leadflow leads export FILE.csv")
        return
    table = Table(whole("Id"), "State", "Leads", whole("Asked (UTC)"), "Until", "Why", box=None)
    for made in found:
        until = "" if made.expires_at is None else f"{made.expires_at:%Y-%m-%d %H:%M}"
        asked = f"{made.asked_at:%Y-%m-%d %H:%M}"
        table.add_row(
            made.id,
            made.state,
            f"{made.leads or 0:,}",
            asked,
            until,
            made.error or made.approval_id,
        )
    print_table(table)


@app.command()
def fetch(
    export_id: Annotated[str, typer.Argument(help="The export, by its id: exp_…")], file: File
) -> None:
    """Save the file of an export that was asked for before."""
    from leadflow.database.engine import unit_of_work
    from leadflow.exports import service

    with unit_of_work() as session:
        caller = person_here(session, service.EXPORT)
    _save(export_id, caller, file)


def _awaited(made: "ExportOut", caller: "Actor") -> "ExportOut":
    """The export once it is over or waits for people: written by a background process, or here
    where none runs."""
    from leadflow.background import records
    from leadflow.database.engine import get_engine, unit_of_work
    from leadflow.exports import service
    from leadflow.exports.schemas import ExportOut
    from leadflow.exports.writing import Writer
    from leadflow.settings import get_settings

    here = Writer(
        get_engine(), get_settings(), lambda: datetime.now(UTC), f"terminal:{os.getpid()}"
    )
    while made.state in UNDER_WAY:
        with unit_of_work() as session:
            running = records.running(session, datetime.now(UTC))
        if running:
            time.sleep(PAUSE)
        else:
            here.work_next()
        with unit_of_work() as session:
            made = ExportOut.of(service.get(session, made.id, caller))
    return made


def _save(export_id: str, caller: "Actor", file: Path) -> None:
    from leadflow.database.engine import unit_of_work
    from leadflow.exports import service
    from leadflow.exports.parts import read_parts

    form = _free(file)
    with unit_of_work() as session:
        made = service.fetch(session, export_id, caller, datetime.now(UTC))
    if form != made.format:
        raise typer.BadParameter(f"The export is {made.format}: end the name in .{made.format}")
    # Whole or not at all: under its own name once all of it is there.
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
        for content in read_parts(made, unit_of_work):
            stream.write(content)
    part.rename(file)
    told(id=made.id, state=made.state, written=made.written, file=file)
    console.print(
        f"{how_many(made.written, 'lead')} in {file}, which only you can read. It is kept until "
        f"{made.expires_at:%Y-%m-%d %H:%M} UTC: leadflow leads fetch {made.id} FILE",
        soft_wrap=True,
        markup=False,
    )


def _free(file: Path) -> str:
    """The format that a name asks for, where nothing is called so yet."""
    if file.exists():
        raise typer.BadParameter(f"{file} is there already. Name another file, or move it away.")
    form = file.suffix.removeprefix(".").lower()
    if form not in ("csv", "parquet"):
        raise typer.BadParameter("End the name of the file in .csv or .parquet.")
    return form


def _read(search: Path | None) -> dict[str, Any]:
    from leadflow import plain_yaml

    if search is None:
        return {}
    content = plain_yaml.load(search.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise typer.BadParameter(f"{search.name}: write names with their values here.")
    return content
