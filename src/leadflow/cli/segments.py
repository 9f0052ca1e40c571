"""``leadflow segments``: conditions by name."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from leadflow.cli.access.identity import who_acts
from leadflow.cli.access.submitting import WithoutApproval, submit, waits
from leadflow.cli.console import console, print_text, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from leadflow.rules.segments.service import Applied, StoredSegment

app = typer.Typer(
    no_args_is_help=True, help="Segments: leads by conditions, under a name that rules can use."
)
File = Annotated[Path, typer.Argument(help="A .yaml or .json file of segments; see docs/rules.md.")]
Name = Annotated[str, typer.Argument(help="The segment's name.")]


@app.command("list")
def list_segments() -> None:
    """Every segment, and how many leads it has now."""
    from leadflow.database.engine import unit_of_work
    from leadflow.rules.segments import service

    with unit_of_work() as session:
        known = service.segments_now(session)
        counted = service.counts(session, datetime.now(UTC))
    told(items=[_facts(name, one) | {"leads": counted[name]} for name, one in known.items()])
    if not known:
        console.print("There are no segments. Add some: leadflow segments apply FILE")
        return
    table = Table("Segment", "Leads", "Version", whole("Since (UTC)"), "What it is", box=None)
    for name, stored in known.items():
        table.add_row(
            name,
            f"{counted[name]:,}",
            str(stored.version),
            f"{stored.created_at:%Y-%m-%d %H:%M}",
            escape(stored.segment.description or ""),
        )
    print_table(table)


@app.command()
def check(file: File) -> None:
    """Say everything that is wrong with a file of segments; store nothing."""
    from leadflow.database.engine import unit_of_work
    from leadflow.rules.segments import service
    from leadflow.rules.text_format import load_rules

    with unit_of_work() as session:
        given = service.read_segments(session, load_rules(file))
        applied = service.would_apply(session, given)
    _say(applied)
    console.print("The segments are in order. Store them: leadflow segments apply FILE")


@app.command("apply")
def apply_segments(file: File, without_approval: WithoutApproval = None) -> None:
    """Store the segments of a file, each as a new version where it changes; all or none. Rules that
    name them go by them at once."""
    from leadflow.database.engine import unit_of_work
    from leadflow.rules.segments import service
    from leadflow.rules.text_format import load_rules

    content, now = load_rules(file), datetime.now(UTC)
    with unit_of_work() as session:
        by = who_acts(session, "rules.write")
        do = partial(service.apply, session, content, by, now)
        submitted = submit(session, ["segments"], do, now, without_approval=without_approval)
    _say(submitted.done)
    waits(submitted)


@app.command()
def show(name: Name) -> None:
    """A segment as YAML that can be edited and applied."""
    from leadflow.database.engine import unit_of_work
    from leadflow.rules.segments import service
    from leadflow.rules.text_format import write_yaml

    with unit_of_work() as session:
        stored = service.read_segment(session, name)
    told(**_facts(name, stored))
    print_text(write_yaml({"segments": {name: stored.segment.content}}))


@app.command()
def remove(name: Name, without_approval: WithoutApproval = None) -> None:
    """Take a segment out, where nothing names it."""
    from leadflow.database.engine import unit_of_work
    from leadflow.rules.segments import service

    now = datetime.now(UTC)
    with unit_of_work() as session:
        do = partial(service.remove, session, name, who_acts(session, "rules.write"), now)
        submitted = submit(session, ["segments"], do, now, without_approval=without_approval)
    if not waits(submitted):
        told(name=name)
        console.print(f"{name} is removed.")


def _facts(name: str, stored: "StoredSegment") -> dict[str, Any]:
    content, since = stored.segment.content, stored.created_at
    return {"name": name, "version": stored.version, "since": since, "content": content}


def _say(applied: "Applied") -> None:
    told(new=applied.new, changed=applied.changed)
    for said, names in (("New", applied.new), ("Changed", applied.changed)):
        if names:
            console.print(f"{said}: {', '.join(names)}")
    if not applied.new and not applied.changed:
        console.print("Nothing is new: all of it is stored already.")
