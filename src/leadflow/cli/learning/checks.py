"""``leadflow checks``: holding what is stored against what is expected of it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import who_acts
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.learning.flow_runs import recorded_by_prefect
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from leadflow.checks.tables import DataCheck

app = typer.Typer(
    no_args_is_help=True, help="Whether the data are as they should be, suite by suite."
)
# Of a check, for programs.
KEPT = "id suite checked_at since rows expectations held stops failed accepted_at"
CheckId = Annotated[str, typer.Argument(help="The check, by its id: check_…")]


@app.command()
def run(
    suites: Annotated[
        list[str] | None,
        typer.Argument(help="leads, events, outcomes, scores, score_days. Left out: all."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            help="Look at rows from this moment on (UTC). Left out: from the last check that was "
            "well.",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
        ),
    ] = None,
) -> None:
    """Run suites of expectations over what is stored. Where something critical does not hold,
    nothing is learned and nothing promoted until it does, or somebody accepts it."""
    moment = None if since is None else since.replace(tzinfo=UTC)
    with recorded_by_prefect("Checking the data"):
        from flows.check_data import check_data

        found = check_data(suites=suites, since=moment)
    console.print(found, markup=False, soft_wrap=True)


@app.command("list")
def list_checks(
    suite: Annotated[str | None, typer.Option(help="Of this suite; left out: of all.")] = None,
    most: Annotated[int, typer.Option("--last", min=1, help="How many of the newest.")] = 20,
) -> None:
    """The newest checks: when, over how many rows, what of it held."""
    from leadflow.checks.service import listed
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        checks = listed(session, suite, most)
    told(items=[fields_of(one, KEPT) for one in checks])
    if not checks:
        console.print("Nothing has been checked yet. Check now: leadflow checks run")
        return
    table = Table(
        whole("Check"), "Suite", whole("At (UTC)"), "Rows", "Hold", "What it does", box=None
    )
    for one in checks:
        kept = one.expectations - len(one.failed)
        at = f"{one.checked_at.astimezone(UTC):%Y-%m-%d %H:%M}"
        table.add_row(
            one.id, one.suite, at, f"{one.rows:,}", f"{kept}/{one.expectations}", _does(one)
        )
    print_table(table)


@app.command()
def show(check_id: CheckId) -> None:
    """What did not hold in a check, with ids of some rows."""
    from leadflow.checks.service import get
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    with unit_of_work() as session:
        check = get(session, check_id)
    told(**fields_of(check, KEPT))
    since = "of any time" if check.since is None else f"since {check.since:%Y-%m-%d %H:%M} UTC"
    rows = how_many(check.rows, "row")
    console.print(f"[bold]{check.suite}[/bold], {rows} {since}: {_does(check)}")
    for one in check.failed:
        console.print(f"{one['severity']}: {one['words']}", markup=False, soft_wrap=True)
    if check.docs is not None:
        address = f"{get_settings().address}/data-docs/{check.docs}/index.html"
        console.print(f"All of it: {address}", soft_wrap=True)


@app.command()
def accept(
    check_id: CheckId,
    reason: Annotated[str, typer.Option(help="Why, for those who read it later.")],
) -> None:
    """Let training and promotion go on in spite of a check; kept in the audit log."""
    from leadflow.checks import service
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        actor = who_acts(session, "data_check.accept")
        check = service.accept(session, check_id, actor, reason, datetime.now(UTC))
    told(**fields_of(check, KEPT))
    console.print(f"{check.suite} stops nothing any more. The next check looks at newer rows.")


def _does(check: "DataCheck") -> str:
    """What follows from a check."""
    if check.held:
        return "all holds"
    if not check.stops:
        return "warns"
    if check.accepted_at is not None:
        return "accepted"
    return "stops training and promotion"
