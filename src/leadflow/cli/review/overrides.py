"""``leadflow overrides``: scores that people have set, and whether people knew better."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many, of_number
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from leadflow.assignment.insight.override_report import AssignmentOverrideReport
    from leadflow.scoring.overrides.report import OverrideReport

app = typer.Typer(help="Scores that people have set, and whether they knew better than the model.")
SHOWN = 100
# Of an override, for programs.
KEPT = (
    "id lead_id status new_score level model_score model_version reason created_at "
    "expires_at approval_id"
)


@app.callback(invoke_without_command=True)
def list_overrides(context: typer.Context) -> None:
    """Without more words: the overrides that count or wait for a manager, newest first."""
    if context.invoked_subcommand is not None:
        return
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.overrides.standing import standing_overrides

    with unit_of_work() as session:
        standing = standing_overrides(session, datetime.now(UTC), SHOWN)
        called = {made.id: made.set_by for made in standing}
    told(items=[fields_of(made, KEPT) | {"override_by": called[made.id]} for made in standing])
    if not standing:
        console.print("No score is overridden: the model's scores count.")
        return
    table = Table(whole("Lead"), box=None)
    for heading in ("Person's score", "Model's then"):
        table.add_column(heading, justify="right")
    for heading in ("Level", "State", "By", "Until (UTC)", "Why"):
        table.add_column(heading)
    for made in standing:
        table.add_row(
            made.lead_id,
            f"[bold]{made.new_score:.0f}[/bold]",
            f"{made.model_score:.0f}",
            made.level,
            made.status if made.approval_id is None else f"{made.status}\n{made.approval_id}",
            escape(called[made.id]),
            f"{made.expires_at:%Y-%m-%d}",
            escape(made.reason),
        )
    print_table(table)


@app.command()
def report() -> None:
    """Did people know better? Scores they set and leads they gave to somebody else, against the
    machine, on leads whose end is known since."""
    from leadflow.assignment.insight.override_report import assignment_override_report
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.learning.challenger import horizon
    from leadflow.scoring.overrides.report import override_report
    from leadflow.settings import get_settings

    now, time_given = datetime.now(UTC), horizon(get_settings())
    with unit_of_work() as session:
        found = override_report(session, time_given, now)
        moves = assignment_override_report(session, time_given, now)
    told(scores=found, assignments=moves)
    console.print(f"Scores: [bold]{found.verdict}[/bold]")
    console.print(
        f"{how_many(found.judged, 'lead')} judged, {found.converted:,} of them converted; "
        f"the end of {found.open:,} more is not known yet."
    )
    if found.judged:
        print_table(_comparison(found))
    console.print(f"\nAssignments: [bold]{moves.verdict}[/bold]")
    console.print(
        f"Judged: {how_many(moves.moved.leads, 'lead')} that people moved to somebody else; "
        f"{moves.open:,} more {of_number(moves.open, 'has')} not had the time yet."
    )
    if moves.moved.leads:
        print_table(_moves(moves))


def _moves(found: "AssignmentOverrideReport") -> Table:
    caption = "Expected: what the score expected to convert."
    if found.low is not None and found.high is not None:
        ratio = "" if found.ratio is None else f"{found.ratio:.2f} times as often, "
        caption += (
            f" Moved leads converted {ratio}in truth between {found.low:.2f} and {found.high:.2f} "
            "times as often, 9 times in 10."
        )
    table = Table("", "Leads", "Converted", "Expected", caption=caption)
    for name, made in (("Moved by people", found.moved), ("Left with the machine's", found.stayed)):
        table.add_row(name, f"{made.leads:,}", f"{made.converted:,}", f"{made.expected:.1f}")
    return table


def _comparison(found: "OverrideReport") -> Table:
    table = Table(
        "",
        "People",
        "Model",
        caption="Brier: how far chances were from what happened, squared; lower is better. "
        "Ranking: how often a lead that converted stood above one that did not.",
    )
    for name, person, model in (
        ("Brier", found.person_brier, found.model_brier),
        ("Ranking", found.person_auc, found.model_auc),
    ):
        said = ["all ended alike" if value is None else f"{value:.3f}" for value in (person, model)]
        table.add_row(name, *said)
    return table
