"""The quality report on the console."""

from datetime import date
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.console import console
from leadflow.cli.tables import print_table

if TYPE_CHECKING:
    from leadflow.quality.schemas import KindReportOut, QualityReport, ShareOut


def print_report(made: "QualityReport", today: date) -> None:
    """Each kind of decision, and the leads that nothing is learned from."""
    for kind in made.kinds:
        console.print(f"[bold]{kind.finding}[/bold]")
        waits = f"{kind.waiting} wait ({kind.overdue} overdue), {kind.disputed} are disputed"
        console.print(
            f"{kind.judged} of {kind.drawn} drawn of {kind.population:,} judged; {waits}."
        )
        if kind.judged:
            _print_kind(kind)
        for action in kind.actions:
            late = " [red]overdue[/red]" if action.due_at.date() < today else ""
            console.print(f"To do by {action.due_at:%Y-%m-%d}{late}: {escape(action.what)}")
        console.print()
    reasons = ", ".join(f"{escape(why)} {count}" for why, count in made.flags.by_reason.items())
    said = f" ({reasons})" if reasons else ""
    flagged = how_many(made.flags.leads, "lead")
    console.print(f"No model learns from what is flagged: {flagged}{said}.")


def _print_kind(kind: "KindReportOut") -> None:
    table = Table("Part", "Decisions", "Judged", "People agree", box=None)
    for stratum in kind.strata:
        agreed = _share(stratum.agreed)
        table.add_row(stratum.stratum, f"{stratum.population:,}", str(stratum.judged), agreed)
    print_table(table)
    differ = ", ".join(f"{name} {kind.severities[name]}" for name in kind.severities)
    console.print(f"How far people differ from the machine: {differ}.")
    if kind.kappa is not None and kind.kappa.kappa is not None:
        console.print(
            f"Two reviewers on {how_many(kind.kappa.pairs, 'item')}: kappa {kind.kappa.kappa:.2f} "
            f"({kind.kappa.low:.2f} to {kind.kappa.high:.2f})."
        )
    for who, rows in (
        ("people", kind.outcomes.by_reviewer),
        ("the machine", kind.outcomes.by_machine),
    ):
        for row in rows:
            console.print(f"Converted of what {who} called {row.category}: {_share(row.share)}")


def _share(share: "ShareOut | None") -> str:
    if share is None:
        return "–"
    return f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%})"
