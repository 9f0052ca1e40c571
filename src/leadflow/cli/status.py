"""``leadflow status``: where things stand, the answer first."""

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.console import console, told
from leadflow.cli.tables import print_table, print_values

if TYPE_CHECKING:
    from leadflow.assignment.insight.overview import BestLead


def status() -> None:
    """How many leads there are, how they score, who has them, what waits for a person."""
    from sqlalchemy import text

    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        rows = [(label, session.execute(text(query)).scalar_one()) for label, query in COUNTS]
    told(counts=dict(zip(NAMES, (count for _, count in rows), strict=True)))
    table = Table(show_header=False, box=None)
    for label, count in rows:
        table.add_row(label, f"[bold]{count:,}[/bold]" if isinstance(count, int) else str(count))
    print_table(table)
    print_best_leads(10)


def print_best_leads(count: int) -> None:
    """The best open leads: score, chance, id, reasons, salesperson and why."""
    from leadflow.assignment.insight.overview import best_leads
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        leads = best_leads(session, count)
    told(best_leads=leads)
    if not leads:
        console.print(
            "No open lead has a score. Bring leads in (leadflow import FILE), then: leadflow score"
        )
        return
    called = (
        "The best open lead" if len(leads) == 1 else f"The {how_many(len(leads), 'best open lead')}"
    )
    console.print(f"\n[bold]{called}[/bold], the best first")
    for lead in leads:
        _print_lead(lead)
    console.print(HOW_TO_READ, style="dim")


def _print_lead(lead: "BestLead") -> None:
    """A lead in a few lines, which fit in any terminal: its id is whole, to be copied."""
    score = f"[bold]{lead.total:.0f}[/bold] {lead.level}, chance {lead.probability:.0%}"
    owner = f"{lead.owner}: {lead.why}" if lead.owner else "nobody yet"
    console.print(f"\n{score}  [bold]{escape(lead.company)}[/bold], {escape(lead.job_title)}")
    console.print(f"  {lead.lead_id}", soft_wrap=True)
    print_values([("Why", escape("; ".join(lead.reasons))), ("With", escape(owner))])


HOW_TO_READ = (
    "\nScore: 50 is the average lead, 10 points more are twice the odds. Chance: of buying within "
    "the horizon. Why: the strongest reasons, with the points that each adds to the score."
)
# By the score that counts: an override in force, else the model's.
OPEN_AT = (
    "SELECT count(*) FROM lead_scores s LEFT JOIN score_overrides o ON o.lead_id = s.lead_id"
    " AND o.status = 'active' AND o.expires_at > now()"
    " WHERE s.is_current AND coalesce(o.level, s.level) = '{}'"
    " AND NOT EXISTS (SELECT FROM outcomes e WHERE e.lead_id = s.lead_id)"
)
# Of each count, for programs.
NAMES = (
    "leads",
    "converted",
    "events",
    "hot",
    "warm",
    "scored_with",
    "assigned",
    "unroutable",
    "rows_set_aside",
    "dead_deliveries",
    "endpoints_not_reached",
    "approvals_waiting",
)
COUNTS = (
    ("Leads", "SELECT count(*) FROM leads WHERE merged_into IS NULL"),
    (
        "  of them converted",
        "SELECT count(DISTINCT lead_id) FROM outcomes WHERE outcome = 'converted'",
    ),
    ("Things they did", "SELECT count(*) FROM lead_events"),
    ("Open leads that are hot", OPEN_AT.format("hot")),
    ("Open leads that are warm", OPEN_AT.format("warm")),
    (
        "Scored with",
        "SELECT coalesce((SELECT regime || ' ' || model_version FROM lead_scores "
        "WHERE is_current ORDER BY scored_at DESC LIMIT 1), 'nothing scored yet')",
    ),
    ("Leads a salesperson has", "SELECT count(*) FROM assignments WHERE ended_at IS NULL"),
    (
        "Leads that nobody can take (leadflow assignments unroutable)",
        "SELECT count(*) FROM unroutable_leads",
    ),
    (
        "Rows of files set aside (leadflow quarantine list)",
        "SELECT count(*) FROM quarantined_rows WHERE status = 'waiting'",
    ),
    (
        "Deliveries that need a person (leadflow deliveries list --status dead)",
        "SELECT count(*) FROM deliveries WHERE status = 'dead'",
    ),
    (
        "Endpoints through which nothing gets (leadflow endpoints list)",
        "SELECT count(*) FROM webhook_endpoints WHERE disabled_why IN ('gone', 'failing')"
        " OR status = 'enabled' AND paused_until IS NOT NULL",
    ),
    (
        "Decisions that wait for a person (leadflow approvals list)",
        "SELECT count(*) FROM approvals WHERE status = 'waiting'",
    ),
)
