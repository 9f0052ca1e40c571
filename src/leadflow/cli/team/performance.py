"""``leadflow performance``: how salespeople and strategies do."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.console import console, told
from leadflow.cli.tables import print_table

if TYPE_CHECKING:
    from leadflow.assignment.insight.performance_report import Record

app = typer.Typer(no_args_is_help=True, help="How salespeople and assignment strategies do.")


@app.command()
def report(
    days: Annotated[int, typer.Option(min=1, help="Leads handed out in so many days.")] = 180,
    team: Annotated[str | None, typer.Option(help="One team only.")] = None,
) -> None:
    """Response, acceptance, conversion against the score, load and fairness."""
    from leadflow.assignment.insight.performance_report import performance_report
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    now = datetime.now(UTC)
    with unit_of_work() as session:
        made = performance_report(
            session, get_settings(), now - timedelta(days=days), now, now, team
        )
    told(reps=made.reps, strategies=made.strategies, fairness=made.fairness)
    table = _table("Salesperson", "In work")
    for rep in made.reps:
        if rep.active or rep.record.assigned:
            load = str(rep.load) if rep.limit is None else f"{rep.load} of {rep.limit}"
            table.add_row(rep.name, load, *_cells(rep.record))
    print_table(table)
    table = _table("Strategy")
    for name, record in made.strategies.items():
        table.add_row(name, *_cells(record))
    print_table(table)
    fair = made.fairness
    console.print(
        f"Fairness among {how_many(fair.salespeople, 'salesperson')}: inequality (Gini) "
        f"{_number(fair.gini)}, {_number(fair.gini_by_capacity)} by capacity "
        "(0 is equal, 1 is all to one); "
        f"most minus least {how_many(round(fair.most_minus_least), 'lead')}."
    )
    console.print(
        "Converted / expected: of leads that have had their time, against what the score "
        "expected; in brackets, where the true ratio lies 9 times in 10."
    )


@app.command()
def compare(
    last: Annotated[int, typer.Option(min=50, max=5000, help="Past leads to replay.")] = 2000,
) -> None:
    """Replay past leads with every strategy and say what may be said of the differences."""
    from leadflow.assignment.insight.strategy_comparison import compare_strategies
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    with unit_of_work() as session, console.status("Replaying past leads …"):
        made = compare_strategies(session, get_settings(), datetime.now(UTC), last)
    told(verdict=made.verdict, leads=made.leads, reps=made.reps, estimates=made.estimates)
    table = Table("Strategy", "Assigned", "Conversions expected", "Against round robin")
    for estimate in made.estimates:
        gain = f"{estimate.gain:+.1f} ({estimate.low:+.1f} to {estimate.high:+.1f})"
        table.add_row(
            estimate.strategy, f"{estimate.assigned:,}", f"{estimate.conversions:.1f}", gain
        )
    print_table(table)
    console.print(f"[bold]{made.verdict}[/bold]")
    console.print(
        f"{how_many(made.leads, 'lead')} replayed among {how_many(made.reps, 'salesperson')}, "
        f"whose effects were learned from {made.learned_from:,} others. In brackets: 9 times in 10."
    )


def _table(*first: str) -> Table:
    return Table(
        *first,
        "Leads",
        "Accepted",
        "Declined",
        "Response (median, 90 %)",
        "In time",
        "Converted / expected",
    )


def _cells(record: "Record") -> tuple[str, ...]:
    made, minutes = record.conversion, record.response_minutes
    ratio = "–"
    if made.ratio is not None:
        ratio = f"{made.converted} / {made.expected:.1f} = {made.ratio:.2f}"
        ratio += f" ({made.low:.2f} to {made.high:.2f})"
    return (
        f"{record.assigned:,}",
        _share(record.accepted_share),
        str(record.declined),
        "–" if minutes is None else f"{minutes[0]:.0f}, {minutes[1]:.0f} min",
        _share(record.in_time_share),
        ratio,
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
