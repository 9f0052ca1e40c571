"""``leadflow assignments``: leads in work, and what people do with them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from leadflow.cli.access.identity import person_here, requester_here
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from leadflow.assignment.tables import Assignment
    from leadflow.assignment.work.service import Said

app = typer.Typer(no_args_is_help=True, help="Leads in work: who has them, and what is due.")
Lead = Annotated[str, typer.Argument(help="The lead's id.")]
Why = Annotated[str, typer.Option(help="The reason, for people.")]
Limit = Annotated[int, typer.Option(min=1, help="Most to show.")]


@app.command("list")
def list_work(
    rep: Annotated[str | None, typer.Option(help="One salesperson: our id, or yours.")] = None,
    limit: Limit = 50,
) -> None:
    """Leads in work, the most urgent first."""
    from leadflow.assignment.tables import Assignment

    _show(
        rep,
        limit,
        lambda: (
            Assignment.first_touch_at.is_not(None),
            Assignment.due_at.nulls_last(),
            Assignment.assigned_at,
        ),
    )


@app.command()
def overdue(limit: Limit = 50) -> None:
    """Leads nobody got in touch with in time, the longest first."""
    from leadflow.assignment.tables import Assignment

    _show(
        None,
        limit,
        lambda: (Assignment.due_at,),
        lambda: (Assignment.first_touch_at.is_(None), Assignment.due_at <= datetime.now(UTC)),
    )


@app.command()
def unroutable(limit: Limit = 50) -> None:
    """Leads that should have a salesperson and that nobody can take, the longest first."""
    from leadflow.assignment.work.alarms import unroutable as listed
    from leadflow.database.engine import unit_of_work
    from leadflow.paging.keyset import Wanted

    with unit_of_work() as session:
        rows = listed(session, Wanted(limit)).items
    told(items=[fields_of(row, "lead_id since last_tried_at reason") for row in rows])
    if not rows:
        console.print("Every lead that should have a salesperson has one, or will in a minute.")
        return
    table = Table(whole("Lead"), whole("Since (UTC)"), "Why", box=None)
    for row in rows:
        table.add_row(row.lead_id, f"{row.since:%Y-%m-%d %H:%M}", row.reason)
    print_table(table)
    console.print("See who could not, and why: GET /leads/ID/assignment")


@app.command()
def accept(lead: Lead) -> None:
    """Take a lead on."""
    from leadflow.assignment.work.service import accept as do

    _done(lambda session: do(session, lead, _said(session, lead)))


@app.command()
def take(lead: Lead) -> None:
    """Take a lead that was offered to you, for nobody got in touch with it in time."""
    from leadflow.assignment.work.offers import take as do
    from leadflow.assignment.work.service import Said
    from leadflow.settings import get_settings

    def act(session: "Session") -> "Assignment":
        me = person_here(session, "lead.work", lead)
        said = Said(me.id, datetime.now(UTC))
        return do(session, get_settings(), lead, said, me.rep_id)

    _done(act)


@app.command()
def decline(lead: Lead, reason: Why) -> None:
    """Do not take a lead: the next sweep gives it to somebody else."""
    from leadflow.assignment.work.service import decline as do

    _done(lambda session: do(session, lead, _said(session, lead), reason))


@app.command("return")
def give_back(lead: Lead, reason: Why) -> None:
    """Give a lead back that was taken on."""
    from leadflow.assignment.work.service import give_back as do

    _done(lambda session: do(session, lead, _said(session, lead), reason))


@app.command()
def reassign(
    lead: Lead,
    rep: Annotated[str, typer.Argument(help="Who gets it: our id, or yours.")],
    reason: Why,
) -> None:
    """Give a lead to a salesperson, whoever has it; the policies may ask somebody first."""
    from leadflow.assignment.tables import Assignment
    from leadflow.assignment.work.reassignment import ask_or_reassign
    from leadflow.assignment.work.service import Said
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    settings, now = get_settings(), datetime.now(UTC)
    with unit_of_work() as session:
        by = requester_here(session, "lead.reassign", lead)
        made = ask_or_reassign(session, settings, lead, by, Said(by.id, now), rep, reason)
    if isinstance(made, Assignment):
        _say(made)
        return
    link = f"{settings.address}/console/approvals/{made.id}"
    told(lead_id=lead, approval_id=made.id, waits_for=made.roles_now, link=link)
    console.print(f"It waits for {' or '.join(made.roles_now)}: {link}", soft_wrap=True)


@app.command()
def touch(
    lead: Lead,
    kind: Annotated[str, typer.Option(help="call, email, meeting or note.")] = "call",
) -> None:
    """Say that somebody got in touch: the clock stops."""
    from leadflow.assignment.work.service import touch as do

    if kind not in ("call", "email", "meeting", "note"):
        raise typer.BadParameter("--kind is one of call, email, meeting, note")
    _done(lambda session: do(session, lead, _said(session, lead), kind))  # type: ignore[arg-type]


def _said(session: "Session", lead: str) -> "Said":
    from leadflow.assignment.work.service import Said

    return Said(person_here(session, "lead.work", lead).id, datetime.now(UTC))


def _done(act: "Callable[[Session], Assignment]") -> None:
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        made = act(session)
    _say(made)


def _say(made: "Assignment") -> None:
    from leadflow.assignment.team.store import rep_names
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        name = rep_names(session)[made.rep_id]
    told(**_facts(made, name))
    if made.ended_at is not None:
        console.print(f"{name} no longer has {made.lead_id}: {made.end_reason}.")
        return
    due = "" if made.due_at is None else f", first touch due {made.due_at:%Y-%m-%d %H:%M} UTC"
    touched = "" if made.first_touch_at is None else f", touched {made.first_touch_at:%H:%M} UTC"
    console.print(f"[bold]{name}[/bold] has {made.lead_id}{touched or due}.")


def _facts(made: "Assignment", name: str) -> dict[str, Any]:
    kept = "lead_id rep_id why due_at accepted_at first_touch_at ended_at"
    return {**fields_of(made, kept), "since": made.assigned_at, "name": name}


def _show(rep: str | None, limit: int, order: Any, conditions: Any = tuple) -> None:
    from sqlalchemy import select

    from leadflow.assignment.tables import Assignment
    from leadflow.assignment.team.store import rep_names
    from leadflow.assignment.work.handover import find_rep
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        statement = select(Assignment).where(Assignment.ended_at.is_(None), *conditions())
        if rep is not None:
            statement = statement.where(Assignment.rep_id == find_rep(session, rep).id)
        rows = session.scalars(statement.order_by(*order()).limit(limit)).all()
        names = rep_names(session)
    told(items=[_facts(made, names[made.rep_id]) for made in rows])
    if not rows:
        console.print("There are none.")
        return
    table = Table(
        whole("Lead"), "Salesperson", whole("Since (UTC)"), whole("First touch"), "Why", box=None
    )
    for made in rows:
        table.add_row(
            made.lead_id,
            names[made.rep_id],
            f"{made.assigned_at:%Y-%m-%d %H:%M}",
            _first_touch(made),
            made.why,
        )
    print_table(table)


def _first_touch(made: "Assignment") -> str:
    if made.first_touch_at is not None:
        return f"done {made.first_touch_at:%Y-%m-%d %H:%M}"
    if made.due_at is None:
        return "no bound"
    late = made.due_at <= datetime.now(UTC)
    said = f"due {made.due_at:%Y-%m-%d %H:%M}"
    return f"[red]over{said}[/red]" if late else said
