"""``leadflow approvals``: what waits for a person, and deciding it from the terminal."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

from leadflow.cli.access.identity import TERMINAL, person_here
from leadflow.cli.access.typed_password import ask
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from leadflow.approvals.service import DecisionTaken
    from leadflow.approvals.tables import Approval

app = typer.Typer(no_args_is_help=True, help="What waits for a person to decide.")
ApprovalId = Annotated[str, typer.Argument(help="The approval's id, as `list` shows it.")]


class DecisionRefused(RuntimeError):
    """The decision does not count; the message says why and what to do."""


@app.command("list")
def list_waiting() -> None:
    """Everything that waits for a decision, oldest first."""
    from leadflow.accounts.people import usernames
    from leadflow.approvals.service import waiting
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        open_questions = waiting(session)
        names = usernames(session, [item.requested_by for item in open_questions])
    told(items=[_facts(item) for item in open_questions])
    if not open_questions:
        console.print("Nothing waits for a decision.")
        return
    table = Table(
        whole("Approval"),
        "What",
        "Asked by",
        "Waits for",
        whole("Asked at (UTC)"),
        whole("Due (UTC)"),
        box=None,
    )
    for item in open_questions:
        table.add_row(
            item.id,
            escape(f"{_words(item.kind)}: {item.about}"),
            names.get(item.requested_by, item.requested_by),
            _words(" or ".join(item.roles_now)),
            f"{item.requested_at:%Y-%m-%d %H:%M}",
            f"{item.due_at:%Y-%m-%d %H:%M}",
        )
    print_table(table)


@app.command()
def show(approval_id: ApprovalId) -> None:
    """What exactly is asked, with the evidence, and what happened to it."""
    from rich.markdown import Markdown

    from leadflow.accounts.people import usernames
    from leadflow.approvals.service import get, steps_of
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        approval = get(session, approval_id)
        steps = steps_of(session, approval_id)
        names = usernames(session, [approval.requested_by, *(step.actor for step in steps)])
    happened = [fields_of(step, "at kind actor") for step in steps]
    told(**_facts(approval), description=approval.description, steps=happened)
    console.print(Markdown(approval.description))
    asked_by = names.get(approval.requested_by, approval.requested_by)
    at = f"{approval.requested_at:%Y-%m-%d %H:%M} UTC"
    console.print(f"\nAsked by {asked_by}, {at}", markup=False)
    if approval.asked_why:
        console.print(f"Why, as who asks says: {approval.asked_why}", markup=False)
    console.print(f"\nStatus: [bold]{approval.status}[/bold], policy {approval.policy}")
    if approval.status != "waiting" and approval.reason:
        console.print(f"Why: {approval.reason}", markup=False, soft_wrap=True)
    for step in steps:
        who = names.get(step.actor, step.actor)
        console.print(f"{step.at:%Y-%m-%d %H:%M} {step.kind} ({who})", markup=False)


@app.command()
def decide(
    approval_id: ApprovalId,
    decision: Annotated[str, typer.Argument(help="approve or reject")],
    reason: Annotated[str, typer.Option(help="Why, for those who read it later.")],
    who: Annotated[
        str | None, typer.Option("--as", help="Your username. Unset: who has signed in here.")
    ] = None,
    code: Annotated[
        str | None, typer.Option(help="Your one-time code. Unset: your password is asked for.")
    ] = None,
) -> None:
    """Decide as yourself: signed in here, by your password, or by a one-time code for this one."""
    from leadflow.approvals.codes import decide_with_code
    from leadflow.database.engine import unit_of_work

    if decision not in ("approve", "reject"):
        raise typer.BadParameter("Say approve or reject.")
    choice: Literal["approve", "reject"] = "approve" if decision == "approve" else "reject"
    if code and not who:
        raise typer.BadParameter("A code is somebody's: say whose, with --as USERNAME.")
    now = datetime.now(UTC)
    password = ask("Password") if who and not code else None
    # A wrong password counts too: what comes of it is stored before anything is decided.
    person_id = None if who is None or password is None else _by_password(who, password, now)
    with unit_of_work() as session:
        if who and code:
            outcome = decide_with_code(
                session, approval_id, choice, who, code, reason, now, "terminal"
            )
        else:
            decides = person_id or person_here(session, "approval.decide").id
            outcome = _as_person(session, approval_id, choice, decides, reason, now)
    if not outcome.counted:
        raise DecisionRefused(outcome.words)
    told(words=outcome.words, approval=_facts(outcome.approval))
    console.print(
        f"{outcome.words} {outcome.approval.subject_id} is "
        f"[bold]{outcome.approval.status}[/bold]. What is approved is carried out within seconds."
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


@app.command()
def withdraw(approval_id: ApprovalId) -> None:
    """Take back a change of what is set up that you have submitted and that waits."""
    from leadflow.database.engine import unit_of_work
    from leadflow.drafts.withdrawing import withdraw as withdraw_change

    with unit_of_work() as session:
        me = person_here(session, "approval.read")
        withdrawn = withdraw_change(session, approval_id, me.id, datetime.now(UTC))
    told(approval=_facts(withdrawn))
    console.print("It is withdrawn, and nobody is asked about it any more.")


def _facts(approval: "Approval") -> dict[str, Any]:
    kept = "id kind subject_id about status requested_at due_at policy decided_at"
    waits_for = approval.roles_now if approval.status == "waiting" else []
    return {**fields_of(approval, kept), "waits_for": waits_for}


def _as_person(
    session: "Session",
    approval_id: str,
    choice: Literal["approve", "reject"],
    person_id: str,
    reason: str,
    now: datetime,
) -> "DecisionTaken":
    from leadflow.accounts.people import find_person
    from leadflow.approvals.service import decide as decide_as

    person = find_person(session, person_id)
    return decide_as(session, approval_id, choice, person, reason, now, "terminal")


def _by_password(username: str, password: str, now: datetime) -> str:
    """The id of whose name and password these are; they are signed in for no longer than it takes
    to see that.

    Raises:
        DecisionRefused: the two do not fit, or there were too many wrong ones.
    """
    from leadflow.accounts.signing_in import sign_in, sign_out, signed_in
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        token, why = sign_in(session, username, password, now, hours=0.1, source=TERMINAL)
        person = None if token is None else signed_in(session, token, now)
        if token is not None:
            sign_out(session, token, now)
    if person is None:
        raise DecisionRefused(why)
    return person.id
