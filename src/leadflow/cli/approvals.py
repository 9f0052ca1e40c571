"""``leadflow approvals``: what waits for a person, and deciding it from the terminal."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import typer
from rich.markdown import Markdown
from rich.table import Table

from leadflow.cli.console import console

app = typer.Typer(no_args_is_help=True, help="What waits for a person to decide.")
ApprovalId = Annotated[str, typer.Argument(help="The approval's id, as `list` shows it.")]


@app.command("list")
def list_waiting() -> None:
    """Everything that waits for a person, oldest first."""
    from leadflow.approvals.service import waiting
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        open_questions = waiting(session)
    if not open_questions:
        console.print("Nothing waits for a decision.")
        return
    table = Table(box=None)
    table.add_column("Approval", no_wrap=True, min_width=33)
    for name in ("What", "Asked at (UTC)", "Due (UTC)"):
        table.add_column(name)
    for item in open_questions:
        table.add_row(
            item.id,
            f"{item.kind} {item.subject_id}",
            f"{item.requested_at:%Y-%m-%d %H:%M}",
            f"{item.due_at:%Y-%m-%d %H:%M}",
        )
    console.print(table)


@app.command()
def show(approval_id: ApprovalId) -> None:
    """What exactly is asked, with the evidence."""
    from leadflow.approvals.service import get
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        approval = get(session, approval_id)
    console.print(Markdown(approval.description))
    console.print(f"\nStatus: [bold]{approval.status}[/bold]")


@app.command()
def decide(
    approval_id: ApprovalId,
    decision: Annotated[str, typer.Argument(help="approve or reject")],
    approver: Annotated[str, typer.Option("--as", help="Your name.")],
    reason: Annotated[str, typer.Option(help="Why, for those who read it later.")],
) -> None:
    """Decide. Needs your name and your reason; a decision is taken once."""
    from leadflow.approvals import service
    from leadflow.database.engine import unit_of_work

    if decision not in ("approve", "reject"):
        raise typer.BadParameter("Say approve or reject.")
    choice: Literal["approve", "reject"] = "approve" if decision == "approve" else "reject"
    with unit_of_work() as session:
        approval = service.decide(session, approval_id, choice, approver, reason, datetime.now(UTC))
    console.print(
        f"{approval.subject_id} is [bold]{approval.status}[/bold]. The gateway carries it out, and "
        "ends the run that waits in Prefect, within seconds."
    )
