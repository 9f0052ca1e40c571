"""``leadflow config``: what a company sets up, as a directory of files."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.how_many import how_many
from leadflow.cli.access.identity import author_here
from leadflow.cli.access.submitting import WithoutApproval, submit, waits
from leadflow.cli.console import console, told

if TYPE_CHECKING:
    from leadflow.configuration.service import KindApplied

app = typer.Typer(
    no_args_is_help=True,
    help="Configuration as files: event types, sources, segments, territories, policies, rules.",
)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="See docs/configuration.md.")]
MOMENT = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


@app.command()
def check(folder: Folder) -> None:
    """Say everything that is wrong with a directory, by file and line; store nothing."""
    from leadflow.configuration.directory import would_apply
    from leadflow.configuration.service import Applicant
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        nobody = Applicant("nobody", lambda _permission: None)
        outcomes = would_apply(session, folder, nobody, datetime.now(UTC))
    _tell(outcomes, would=True)
    _say(f"{folder} is in order. Apply it: leadflow config apply {folder}")


@app.command()
def apply(
    folder: Folder,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    take_out: Annotated[
        bool,
        typer.Option("--take-out", help="Take out what is in force and not in DIR, of every kind."),
    ] = False,
    why: Annotated[
        str | None, typer.Option(help="For whoever decides, where it waits for approval.")
    ] = None,
    without_approval: WithoutApproval = None,
) -> None:
    """Apply a directory as a whole, or nothing of it; where a policy asks somebody about what
    changes, once they have approved it. What is not in it goes on counting."""
    from leadflow.configuration import directory
    from leadflow.configuration.kinds import KINDS
    from leadflow.database.engine import unit_of_work

    now = datetime.now(UTC)
    with unit_of_work() as session:
        by = author_here(session)
        if dry_run:
            _tell(directory.would_apply(session, folder, by, now, take_out), would=True)
            return
        do = partial(directory.apply, session, folder, by, now, take_out)
        submitted = submit(session, KINDS, do, now, why, without_approval)
    _tell(submitted.done, would=submitted.approval is not None)
    waits(submitted)


@app.command()
def export(
    folder: Folder,
    at: Annotated[
        datetime | None,
        typer.Option(formats=MOMENT, help="As it was then (UTC). Unset: as it is now."),
    ] = None,
) -> None:
    """Write what is in force as files: to apply them changes nothing."""
    from leadflow.configuration.directory import write
    from leadflow.configuration.service import in_force
    from leadflow.database.engine import unit_of_work

    moment = None if at is None else at.replace(tzinfo=UTC)
    with unit_of_work() as session:
        contents = in_force(session, moment, datetime.now(UTC))
    files = write(folder, contents)
    told(folder=folder, files=files)
    _say(f"{how_many(len(files), 'file')} written to {folder}: {', '.join(files)}")


def _facts(one: "KindApplied") -> dict[str, Any]:
    stored = {"new": one.stored.new, "changed": one.stored.changed}
    return {"kind": one.kind, **stored, "taken_out": one.taken_out, "left": one.left}


def _tell(outcomes: "list[KindApplied]", would: bool) -> None:
    """Say what has changed, what was left alone, and what is to be done next."""
    told(would=would, kinds=[_facts(one) for one in outcomes])
    before = "Would be " if would else ""
    for one in outcomes:
        for said, names in (
            ("new", one.stored.new),
            ("changed", one.stored.changed),
            ("taken out", one.taken_out),
        ):
            if names:
                _say(f"{before}{said}".capitalize() + f" in {one.kind}: {', '.join(names)}")
    if all(one.nothing for one in outcomes):
        _say("It says what is in force already; nothing changes.")
    if left := [one for one in outcomes if one.left]:
        _say("Not in it, and left alone:")
        for one in left:
            _say(f"  {one.kind}" + ("" if one.left == (one.kind,) else f": {', '.join(one.left)}"))
    for one in outcomes:
        for said in one.stored.advice:
            _say(said)


def _say(words: str) -> None:
    console.print(words, markup=False, soft_wrap=True)
