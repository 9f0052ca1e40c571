"""``leadflow outcomes``: how leads ended, corrections of it, and leads that are open again."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from leadflow.cli.access.identity import person_here
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.numbers import finite
from leadflow.cli.tables import print_table

app = typer.Typer(
    no_args_is_help=True, help="How leads ended: telling it, correcting it, opening leads again."
)
Lead = Annotated[str, typer.Argument(help="The lead's id.")]
WAYS = ("converted", "lost", "reopened")


@app.command()
def tell(
    lead: Lead,
    outcome: Annotated[str, typer.Argument(help="converted, lost, or reopened: it is open again.")],
    on: Annotated[
        datetime | None, typer.Option(help="When, in UTC; else now.", formats=["%Y-%m-%d"])
    ] = None,
    value: Annotated[
        float | None, typer.Option(help="What it was worth.", min=0, callback=finite)
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Of the value, such as EUR.")] = None,
) -> None:
    """Say how a lead ended. Said of one that has ended, it corrects that; the log keeps both."""
    from leadflow.database.engine import unit_of_work
    from leadflow.intake.outcomes import OutcomeTold, take_outcomes
    from leadflow.intake.senders import Sender
    from leadflow.leads.outcomes.telling import outcome_from_words
    from leadflow.settings import get_settings

    if outcome not in WAYS:
        raise typer.BadParameter(f"A lead is one of these: {', '.join(WAYS)}.")
    at = None if on is None else on.replace(tzinfo=UTC)
    said = outcome_from_words(outcome, at, value, currency)
    with unit_of_work() as session:
        sender = Sender(person_here(session, "lead.fact", lead))
        one = OutcomeTold(lead, said, sender, "terminal")
        [taken] = take_outcomes(session, [one], get_settings())
        if isinstance(taken, Exception):
            raise taken
    if not taken.outcome.created:
        console.print("That was known; only what was said anew has changed.")
    now = taken.standing.outcome or "open"
    told(lead_id=lead, outcome=taken.standing.outcome, created=taken.outcome.created)
    console.print(f"{lead} is [bold]{now}[/bold]." + ("" if taken.outcome.stands else LATER))


LATER = " What was said of a later time counts: leadflow outcomes log LEAD"


@app.command()
def log(lead: Lead) -> None:
    """Everything that was ever said of how a lead ended, in the order it was said."""
    from leadflow.assignment.team.naming import names_of_people
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.outcomes.log import said_of
    from leadflow.leads.service import get_lead

    with unit_of_work() as session:
        person_here(session, "lead.read", lead)
        get_lead(session, lead)
        rows = said_of(session, lead)
        names = names_of_people(session, [row.told_by for row in rows])
    kept = "said_at said occurred_at value_minor value_currency source told_by"
    told(lead_id=lead, items=[fields_of(row, kept) for row in rows])
    if not rows:
        console.print("Nobody has said how this lead ended: it is open.")
        return
    table = Table("Said (UTC)", "What", "Of (UTC)", "Value", "From", "By", box=None)
    for row in rows:
        by = row.told_by or ""
        worth = "" if row.value_minor is None else f"{row.value_minor / 100:,.2f}"
        table.add_row(
            f"{row.said_at:%Y-%m-%d %H:%M}",
            row.said,
            f"{row.occurred_at:%Y-%m-%d %H:%M}",
            f"{worth} {row.value_currency or ''}".strip(),
            row.source,
            names.get(by, by),
        )
    print_table(table)
