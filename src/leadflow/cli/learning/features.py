"""``leadflow features``: sets of features: making them, which there are, how they differ."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.learning.flow_runs import recorded_by_prefect
from leadflow.cli.tables import print_table, whole

app = typer.Typer(no_args_is_help=True, help="Sets of features: what is known of every lead.")
# Of a set, for programs.
KEPT = "id purpose as_of leads base_id"
Set = Annotated[str, typer.Argument(help="A set's id, or latest: the newest for serving.")]


@app.command()
def build(
    purpose: Annotated[
        Literal["serving", "training", "recent"],
        typer.Option(
            "--for",
            help="serving: all leads as of now; training: those whose horizon has passed, with "
            "what became of them; recent: those that monitoring looks at.",
        ),
    ] = "serving",
    since: Annotated[
        Literal["latest", "nothing"],
        typer.Option(
            help="latest: what was counted of leads without news is carried over from the latest "
            "set; nothing: all is counted anew. Both give the same."
        ),
    ] = "latest",
    as_of: Annotated[
        datetime | None,
        typer.Option(
            help="As of this earlier moment (UTC).", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
        ),
    ] = None,
) -> None:
    """Make a set of features, check it, and keep it."""
    moment = as_of.replace(tzinfo=UTC) if as_of else None
    with recorded_by_prefect("Making a set of features"):
        from flows.build_features import build_features

        built = build_features(purpose=purpose, since=since, as_of=moment)
    told(id=built.id)
    console.print(f"[bold]{built.id}[/bold]: {built.words}. See what is in it:")
    console.print(f"leadflow features show {built.id}", soft_wrap=True)


@app.command("list")
def list_sets(
    most: Annotated[int, typer.Option("--last", min=1, help="How many of the newest.")] = 20,
) -> None:
    """The newest sets."""
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.feature_sets.listing import newest_sets

    with unit_of_work() as session:
        found = newest_sets(session, most)
    told(items=[fields_of(row, KEPT) for row in found])
    if not found:
        console.print("There is no set of features yet. Make one: leadflow features build")
        return
    table = Table("Set", "For", whole("As of (UTC)"), "Leads", "Carried over from", box=None)
    for row in found:
        table.add_row(
            row.id,
            row.purpose,
            f"{row.as_of.astimezone(UTC):%Y-%m-%d %H:%M}",
            f"{row.leads:,}",
            row.base_id or "",
        )
    print_table(table)


@app.command()
def show(name: Set = "latest") -> None:
    """What a set says of itself: its moment, its files, its features, and what was found."""
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.feature_sets.reading import find_set, read_manifest

    with unit_of_work() as session:
        row = find_set(session, name)
    manifest = read_manifest(row)
    told(**fields_of(row, KEPT), address=row.address, digest=manifest.digest)
    table = Table(show_header=False, box=None)
    for label, said in (
        ("Set", row.id),
        ("For", row.purpose),
        ("As of (UTC)", f"{row.as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S}"),
        ("Leads", f"{manifest.leads:,}, of {manifest.carried:,} counts were carried over"),
        ("Where", row.address),
        ("Digest", manifest.digest),
        ("Definitions", manifest.definitions_sha256),
        ("Code", manifest.code),
    ):
        table.add_row(label, escape(said))
    print_table(table)
    moving = ", ".join(kept.feature.name for kept in manifest.features if kept.moves)
    console.print(f"{how_many(len(manifest.features), 'feature')}; with time alone move: {moving}")
    unmet = [check for check in manifest.checks if not check.met]
    console.print(
        f"{how_many(len(manifest.checks), 'check')}, {how_many(len(unmet), 'finding')}"
        + (":" if unmet else ".")
    )
    for check in unmet:
        console.print(f"  {check.column} {check.rule}: {check.found}", markup=False)


@app.command()
def diff(
    one: Annotated[str, typer.Argument(help="A set's id, or latest.")],
    other: Annotated[str, typer.Argument(help="What to hold against it.")],
) -> None:
    """How a set differs from another: leads, features, values."""
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.feature_sets.listing import difference

    with unit_of_work() as session:
        found = difference(session, one, other)
    told(difference=found)
    console.print(
        f"{how_many(found.leads_both, 'lead')} in both, {found.leads_gone:,} only in the first, "
        f"{found.leads_new:,} only in the second."
    )
    if not found.same_definitions:
        console.print("Features were defined in another way.")
    for words, names in (("gone", found.features_gone), ("new", found.features_new)):
        if names:
            console.print(f"Features that are {words}: {', '.join(names)}", markup=False)
    if not found.changed:
        console.print("Of leads in both, no value differs.")
        return
    table = Table("Feature", "Leads", "In the first", "In the second", box=None)
    for change in found.changed:
        table.add_row(
            escape(change.name), f"{change.leads:,}", escape(change.before), escape(change.after)
        )
    print_table(table)
