"""``leadflow status``: where things stand, the answer first."""

from rich.table import Table

from features.how_many import how_many
from leadflow.cli.console import console


def status() -> None:
    """How many leads there are, how they score, who has them, what waits for a person."""
    from sqlalchemy import text

    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        rows = [(label, session.execute(text(query)).scalar_one()) for label, query in COUNTS]
    table = Table(show_header=False, box=None)
    for label, count in rows:
        table.add_row(label, f"[bold]{count:,}[/bold]" if isinstance(count, int) else str(count))
    console.print(table)
    print_best_leads(10)


def print_best_leads(count: int) -> None:
    """The table of the best open leads: score, chance, reasons, salesperson and why."""
    from leadflow.assignment.insight.overview import best_leads
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        leads = best_leads(session, count)
    if not leads:
        console.print(
            "No open lead has a score. Bring leads in (leadflow import FILE), then: leadflow score"
        )
        return
    table = Table(
        title="The best open lead"
        if len(leads) == 1
        else f"The {how_many(len(leads), 'best open lead')}",
        caption="Score: 50 is the average lead, 10 points more are twice the odds. "
        "Chance: of buying within the horizon. Points behind a reason: what it adds to the score.",
        show_lines=True,
    )
    table.add_column("Lead")
    table.add_column("Score", justify="right")
    table.add_column("Chance", justify="right")
    table.add_column("Strongest reasons (points)")
    table.add_column("Salesperson, and why that one")
    for lead in leads:
        table.add_row(
            f"{lead.company}\n[dim]{lead.job_title}[/dim]",
            f"[bold]{lead.total:.0f}[/bold]\n[dim]{lead.level}[/dim]",
            f"{lead.probability:.0%}",
            "\n".join(lead.reasons),
            f"[bold]{lead.owner}[/bold]\n{lead.why}" if lead.owner else "[dim]nobody yet[/dim]",
        )
    console.print(table)


# By the score that counts: an override in force, else the model's.
OPEN_AT = (
    "SELECT count(*) FROM lead_scores s LEFT JOIN score_overrides o ON o.lead_id = s.lead_id"
    " AND o.status = 'active' AND o.expires_at > now()"
    " WHERE s.is_current AND coalesce(o.level, s.level) = '{}'"
    " AND NOT EXISTS (SELECT FROM outcomes e WHERE e.lead_id = s.lead_id)"
)
COUNTS = (
    ("Leads", "SELECT count(*) FROM leads"),
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
        "Decisions that wait for a person (leadflow approvals list)",
        "SELECT count(*) FROM approvals WHERE status = 'waiting'",
    ),
)
