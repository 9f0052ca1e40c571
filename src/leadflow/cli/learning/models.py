"""``leadflow models``: the learned models, comparing them, and which of them serves."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from features.how_many import how_many, of_number
from leadflow.cli.access.identity import person_here, who_acts
from leadflow.cli.console import console, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from leadflow.scoring.learning.versions import ListedVersion
    from models.comparison import Comparison
    from models.gate_report import Evidence


app = typer.Typer(no_args_is_help=True, help="The learned models, and which of them serves.")


@app.command("list")
def list_versions(
    most: Annotated[int, typer.Option("--last", min=1, help="How many of the newest.")] = 20,
) -> None:
    """The newest versions: when each was learned, how good it was, and what it is now."""
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.learning.versions import listed
    from leadflow.settings import get_settings

    with unit_of_work() as session:
        versions = listed(session, get_settings(), most)
    if not versions:
        console.print("No model has been learned yet: the expert rubric scores. Try leadflow train")
        return
    told(items=[_facts(item) for item in versions])
    table = Table("Version", whole("Learned at (UTC)"), "Chosen", "AUC", "Brier", "Now", box=None)
    for item in versions:
        facts = item.facts
        table.add_row(
            facts.version.version,
            f"{facts.learned_at.astimezone(UTC):%Y-%m-%d %H:%M}" if facts.learned_at else "",
            facts.chosen,
            _figure(facts.metrics.get("latest_auc"), 3),
            _figure(facts.metrics.get("latest_brier"), 4),
            ", ".join(item.standing),
        )
    print_table(table)
    console.print("[dim]AUC and Brier: each on the latest leads it had not learned from.[/dim]")
    if not any("champion" in item.standing for item in versions):
        console.print("None of them serves: see the gate (leadflow approvals list).")


@app.command()
def compare(
    one: Annotated[str, typer.Argument(help="A version, champion, challenger or rubric.")],
    other: Annotated[str, typer.Argument(help="What to compare it with.")],
) -> None:
    """Two versions on the same leads: the newest whose horizon has passed."""
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.learning.versions import compare_versions
    from leadflow.settings import get_settings

    with console.status("Scoring the newest leads with both …"), unit_of_work() as session:
        found = compare_versions(session, get_settings(), one, other, datetime.now(UTC))
    _print_comparison(found, other)


@app.command()
def promote(
    version: Annotated[str, typer.Argument(help="The version that is to serve.")],
) -> None:
    """Ask at the gate whether a version may serve; somebody else decides."""
    from leadflow.approvals import service as approvals
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.learning.challenger import promotion
    from leadflow.scoring.learning.versions import restate
    from leadflow.settings import get_settings

    settings, now = get_settings(), datetime.now(UTC)
    with (
        console.status("Comparing it with what serves …"),
        unit_of_work() as session,
    ):
        asks = person_here(session, "model.propose").id
        learned = restate(session, settings, version, now)
        question = promotion(learned, settings, asks)
        approval = approvals.propose(session, question, now)
    told(version=version, approval_id=approval.id)
    console.print(learned.report.splitlines()[0].lstrip("# "), markup=False)
    console.print(
        f"It waits for people: approval [bold]{approval.id}[/bold]. They decide at "
        f"{settings.address}/console/approvals/{approval.id}, in the Prefect UI (Runs, "
        "await_decision, Resume), or with: leadflow approvals decide "
        f"{approval.id} approve --reason WHY"
    )


@app.command()
def rollback(
    reason: Annotated[str, typer.Option(help="Why, for those who read it later.")],
    version: Annotated[
        str | None,
        typer.Argument(help="An approved version, or rubric; else the one approved before."),
    ] = None,
) -> None:
    """Let an earlier approved version serve again, at once and without a gate."""
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.learning.promotion import roll_back
    from leadflow.settings import get_settings

    with unit_of_work() as session:
        actor = who_acts(session, "model.propose")
        done = roll_back(session, get_settings(), version, actor, reason, datetime.now(UTC))
    told(now=done.now, before=done.before)
    console.print(
        f"[bold]{_named(done.now)}[/bold] serves in place of {_named(done.before)}. The gateway "
        "takes it up within seconds; score all leads again with: leadflow score"
    )


def _print_comparison(found: "Evidence", other: str) -> None:
    from models.comparison import changed

    told(verdict=found.verdict, same=found.same, shifts=_shifts(found), judged_on=found.judged_on)
    console.print(_said(found, other))
    console.print(found.judged_on)
    if found.comparison is not None:
        print_table(_figures(found.comparison, found.champion, _named(other)))
    moved, leads = changed(found.shifts), sum(found.shifts.values())
    console.print(
        f"At another level {of_number(moved, 'is')} {moved:,} of {how_many(leads, 'lead')}:"
    )
    for (old, new), count in found.shifts.items():
        if old != new and count:
            console.print(f"  {old} → {new}: {count:,}")


def _shifts(found: "Evidence") -> list[dict[str, Any]]:
    return [{"from": old, "to": new, "leads": n} for (old, new), n in found.shifts.items()]


def _facts(item: "ListedVersion") -> dict[str, Any]:
    facts = item.facts
    learned = {"version": facts.version.version, "learned_at": facts.learned_at}
    return {**learned, "chosen": facts.chosen, "metrics": facts.metrics, "standing": item.standing}


def _said(found: "Evidence", other: str) -> str:
    if found.same:
        return f"{_named(other)} is [bold]the same[/bold] as {found.champion}: no score differs."
    if found.needed:
        return (
            f"Whether {_named(other)} is better than {found.champion} "
            "[bold]cannot be told yet[/bold]."
        )
    return f"{_named(other)} is [bold]{found.verdict}[/bold] than {found.champion}."


def _figures(comparison: "Comparison", one: str, other: str) -> Table:
    table = Table(box=None)
    for name in ("", one, other, "Gain", "95 % interval"):
        table.add_column(name)
    for name, row in comparison.rows():
        table.add_row(
            name,
            f"{row.champion:.4f}",
            f"{row.challenger:.4f}",
            f"{row.gain:+.4f}",
            f"{row.low:+.4f} to {row.high:+.4f}",
        )
    return table


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _named(version: str) -> str:
    return f"version {version}" if version.isdigit() else f"the {version}"
