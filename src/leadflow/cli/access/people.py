"""``leadflow people``: who signs in, what they may do, who stands in for whom."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Column, Table

from features.how_many import how_many
from leadflow.cli.access.identity import who_acts
from leadflow.cli.access.typed_password import ask
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.numbers import finite
from leadflow.cli.tables import print_table

app = typer.Typer(no_args_is_help=True, help="People who sign in, and what they may do.")
MANAGES = "account.manage"
# Of somebody, for programs.
KEPT = "id username name email roles rep_id active"
Who = Annotated[str, typer.Argument(help="Username, e-mail address or id.")]


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="What they are called by in requests.")],
    role: Annotated[
        list[str],
        typer.Option(
            help="sales_rep, sales_manager, marketing_manager, data_scientist, analyst, operator "
            "or admin; again for more."
        ),
    ],
    name: Annotated[str, typer.Option(help="Their name, for people.")] = "",
    email: Annotated[str | None, typer.Option(help="Where notifications go.")] = None,
    rep: Annotated[
        str | None, typer.Option(help="Who they are in the sales team, as `reps list` shows it.")
    ] = None,
) -> None:
    """Add somebody, with a password that is shown once."""
    from leadflow.accounts.people import add_person, set_password
    from leadflow.assignment.work.handover import find_rep
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        rep_id = None if rep is None else find_rep(session, rep).id
        by = who_acts(session, MANAGES)
        person = add_person(session, username, name, role, by, email, rep_id)
        password = set_password(session, person, None, by)
    told(person=fields_of(person, KEPT), password=password)
    _show(username, password)


@app.command("list")
def list_all() -> None:
    """Everybody who has an account."""
    from sqlalchemy import select

    from leadflow.accounts.tables import Person
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        everybody = session.scalars(select(Person).order_by(Person.username)).all()
    told(items=[fields_of(person, KEPT) for person in everybody])
    if not everybody:
        console.print("Nobody has an account. Begin with: leadflow people add NAME --role admin")
        return
    table = Table(
        Column("Username", overflow="fold"),
        "Roles",
        Column("Sales team", no_wrap=True),
        "Active",
        box=None,
    )
    for person in everybody:
        active = "yes" if person.active else "no"
        table.add_row(person.username, ", ".join(person.roles), person.rep_id or "", active)
    print_table(table)


@app.command()
def change(
    who: Who,
    role: Annotated[list[str] | None, typer.Option(help="Their roles from now on.")] = None,
    rep: Annotated[str | None, typer.Option(help="Who they are in the sales team.")] = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether they can sign in.")
    ] = None,
    email: Annotated[str | None, typer.Option(help="Where notifications go.")] = None,
) -> None:
    """Change what somebody may do; whoever is inactive is signed out at once."""
    from leadflow.accounts.people import change_person, find_person
    from leadflow.assignment.work.handover import find_rep
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        person = find_person(session, who)
        rep_id = None if rep is None else find_rep(session, rep).id
        change_person(session, person, who_acts(session, MANAGES), role, rep_id, active, email)
        told(person=fields_of(person, KEPT))
        console.print(f"{person.username}: {', '.join(person.roles)}, active: {person.active}")


@app.command()
def password(
    who: Who,
    asked: Annotated[bool, typer.Option("--ask", help="Type it, instead of one made up.")] = False,
) -> None:
    """Give somebody a new password; wherever they are signed in, they are signed out."""
    from leadflow.accounts.people import find_person, set_password
    from leadflow.database.engine import unit_of_work

    typed = ask("New password", twice=True) if asked else None
    with unit_of_work() as session:
        person = find_person(session, who)
        made = set_password(session, person, typed, who_acts(session, MANAGES))
        called = person.username
    told(username=called)
    if typed is None:
        told(password=made)
        _show(called, made)
    else:
        console.print(f"{called} has a new password.")


@app.command()
def delegate(
    who: Who,
    to: Annotated[str, typer.Argument(help="Who stands in.")],
    days: Annotated[float, typer.Option(min=0.01, callback=finite, help="For how long, from now.")],
) -> None:
    """Let somebody decide and act for somebody who is away. Nobody counts twice by it."""
    from leadflow.accounts import delegation
    from leadflow.accounts.people import find_person
    from leadflow.database.engine import unit_of_work

    now = datetime.now(UTC)
    with unit_of_work() as session:
        person, stand_in = find_person(session, who), find_person(session, to)
        by = who_acts(session, MANAGES)
        ends = now + timedelta(days=days)
        delegation.delegate(session, person, stand_in, now, ends, by)
        told(username=person.username, to=stand_in.username, starts_at=now, ends_at=ends)
        console.print(
            f"{stand_in.username} stands in for {person.username}, {how_many(days, 'day')}."
        )


def _show(username: str, made: str) -> None:
    console.print(f"Password of {username} (shown once): [bold]{made}[/bold]", soft_wrap=True)
    console.print("They sign in at the gateway's address, and can change it there.")
