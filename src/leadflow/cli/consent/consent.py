"""``leadflow consent``: who may be written to, and addresses that nobody writes to."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from leadflow.cli.console import console, fields_of, told
from leadflow.cli.tables import print_table, whole
from leadflow.consent.evidence import Basis, Purpose
from leadflow.consent.refusals import SuppressionReason

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

app = typer.Typer(
    no_args_is_help=True, help="Who may be written to: consent, opt-outs, suppressed addresses."
)
LeadId = Annotated[str, typer.Argument(metavar="LEAD", help="The lead, by its id: lead_…")]


@app.command()
def show(lead_id: LeadId) -> None:
    """Whether a lead may be written to, why not, and all that it has said of it."""
    from leadflow.cli.access.identity import who_acts
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        who_acts(session, "lead.read")
        _say_what_counts(session, lead_id)


@app.command()
def record(
    lead_id: LeadId,
    given: Annotated[bool, typer.Option("--given/--withdrawn", help="Whether it said yes or no.")],
    evidence: Annotated[str, typer.Option(help="How that is known; see docs/consent.md.")],
    purpose: Annotated[Purpose, typer.Option(help="What mail is for.")] = "marketing",
    basis: Annotated[
        Basis | None, typer.Option(help="By which law a yes counts. Left out: consent.")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="An id of what proves it.")] = None,
) -> None:
    """Tell of a yes or a no that a lead has said; what was told before stays in the log."""
    from leadflow.cli.access.identity import who_acts
    from leadflow.consent.log import Told
    from leadflow.consent.telling import tell
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.service import get_lead

    now = datetime.now(UTC)
    with unit_of_work() as session:
        by = who_acts(session, "lead.fact")
        get_lead(session, lead_id)
        said = Told(
            lead_id=lead_id,
            given=given,
            evidence=evidence,
            happened_at=now,
            by=by,
            purpose=purpose,
            basis=basis or ("consent" if given else None),
            source="terminal",
            reference=reference,
        )
        tell(session, [said], now)
        _say_what_counts(session, lead_id)


@app.command()
def suppress(
    whose: Annotated[
        str, typer.Argument(metavar="LEAD|ADDRESS", help="A lead's id, or an e-mail address.")
    ],
    reason: Annotated[SuppressionReason, typer.Option(help="Why nobody is to write to it.")],
) -> None:
    """Have nobody write to an address from now on, whichever lead has it."""
    from leadflow.cli.access.identity import who_acts
    from leadflow.consent import suppressing
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.service import get_lead

    now = datetime.now(UTC)
    with unit_of_work() as session:
        by = who_acts(session, "suppression.write")
        if "@" in whose:
            made = suppressing.suppress(session, whose, reason, by, now)
        else:
            lead = get_lead(session, whose)
            made = suppressing.suppress_lead(session, lead, reason, by, now)
        told(**fields_of(made, "id channel reason since"))
        console.print(f"Nobody writes to this address any more: {made.id} ({made.reason}).")


@app.command()
def release(
    suppression_id: Annotated[str, typer.Argument(metavar="SUPPRESSION", help="By its id: supp_…")],
    why: Annotated[str, typer.Option("--why", help="How you know; kept in the audit log.")],
) -> None:
    """Let an address be written to again, as far as the log of consent lets it."""
    from leadflow.cli.access.identity import who_acts
    from leadflow.consent import suppressing
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        by = who_acts(session, "suppression.write")
        suppressing.release(session, suppression_id, why, by)
    told(id=suppression_id)
    console.print("Released. What the log of consent says still counts.")


def _say_what_counts(session: "Session", lead_id: str) -> None:
    from leadflow.consent.log import page_of_log, standings
    from leadflow.consent.may_send import Policy, may_send_for_each
    from leadflow.consent.suppressing import suppressions_of
    from leadflow.leads.service import get_lead
    from leadflow.paging.keyset import FIRST
    from leadflow.settings import get_settings

    now, policy = datetime.now(UTC), Policy.of(get_settings().marketing_without_consent)
    lead = get_lead(session, lead_id)
    purposes, suppressions = [], suppressions_of(session, lead)
    refusals = may_send_for_each(session, lead_id, "email", now, policy)
    for purpose, counts in standings(session, [lead_id], now)[lead_id].items():
        refused = refusals[purpose]
        why = refused and refused.words
        says = {"purpose": purpose, "says": counts.says, "since": counts.since}
        purposes.append({**says, "may_send": refused is None, "why_not": why})
        console.print(f"{purpose}: {'may be sent' if refused is None else refused.words}")
    kept_of = [fields_of(kept, "id channel reason since") for kept in suppressions]
    told(lead_id=lead_id, purposes=purposes, suppressions=kept_of)
    for kept in suppressions:
        console.print(f"Suppressed since {kept.since:%Y-%m-%d}: {kept.reason}, {kept.id}")
    table = Table("When (UTC)", "Purpose", "Said", whole("Evidence"), "Source", "By", box=None)
    said = page_of_log(session, lead_id, FIRST).items
    for one in said:
        table.add_row(
            f"{one.happened_at:%Y-%m-%d %H:%M}",
            one.purpose,
            f"yes: {one.lawful_basis}" if one.given else "no",
            one.evidence,
            one.source,
            one.recorded_by,
        )
    if said:
        print_table(table)
