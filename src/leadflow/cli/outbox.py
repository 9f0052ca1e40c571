"""``leadflow outbox``: what leaves, what was not told to anybody, and what is uncertain."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape

from leadflow.cli.console import console, fields_of, told

app = typer.Typer(
    no_args_is_help=True, help="What leaves Leadflow: acts that wait, failed or are uncertain."
)
ActId = Annotated[str, typer.Argument(help="The act, by its id: out_…")]
# Of an act, for programs.
KEPT = "id lane act key status attempts created_at ended_at why error settled_by"
Why = Annotated[str, typer.Option("--why", help="How you know; kept in the audit log.")]


class State(StrEnum):
    """What has become of an act."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
    NOTHING_DONE = "nothing_done"
    UNCERTAIN = "uncertain"
    FAILED = "failed"


class Ending(StrEnum):
    """What a person may say of an act."""

    DONE = "done"
    NOTHING_DONE = "nothing_done"
    FAILED = "failed"


@app.command("list")
def list_acts(
    state: Annotated[
        list[State] | None, typer.Option(help="Any of these. Left out: what a person looks at.")
    ] = None,
    lane: Annotated[
        str | None, typer.Option(help="decisions, flow_starts, notices or webhooks.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1)] = 50,
) -> None:
    """Uncertain and failed acts and those that did nothing, the newest first; before them how many
    there are in each lane and state."""
    from leadflow.database.engine import unit_of_work
    from leadflow.outbox import settling
    from leadflow.outbox.lanes import LANES
    from leadflow.paging.keyset import Wanted

    if lane is not None and lane not in LANES:
        raise typer.BadParameter(f"--lane is one of {', '.join(LANES)}")
    states = [one.value for one in state or (State.UNCERTAIN, State.FAILED, State.NOTHING_DONE)]
    with unit_of_work() as session:
        numbers = settling.counts(session)
        rows = settling.find(session, states, lane, Wanted(limit)).items
    told(items=[fields_of(row, KEPT) for row in rows])
    for (of_lane, status), number in sorted(numbers.items()):
        console.print(f"{of_lane}: {number:,} {status}")
    if not rows:
        console.print(f"No act is {' or '.join(states)}.")
        return
    for row in rows:
        at = row.ended_at or row.created_at
        # Not a table: ids are copied from here, and must stay whole however narrow it is.
        console.print(
            f"\n{row.id}  [bold]{row.status}[/] since {at:%Y-%m-%d %H:%M} UTC, "
            f"tries: {row.attempts}",
            soft_wrap=True,
        )
        console.print(f"  {row.act} {escape(row.key)}", soft_wrap=True)
        console.print(f"  {escape(row.why or row.error or '')}", soft_wrap=True)


@app.command()
def settle(
    act_id: ActId,
    why: Why,
    as_: Annotated[Ending, typer.Option("--as", help="How it ended.")] = Ending.DONE,
) -> None:
    """Say how an act ended that is uncertain, has failed or waits; it is not performed any more."""
    from leadflow.cli.access.identity import who_acts
    from leadflow.database.engine import unit_of_work
    from leadflow.outbox import settling

    with unit_of_work() as session:
        by = who_acts(session, "outbox.settle")
        row = settling.settle(session, act_id, as_.value, by, why, datetime.now(UTC))
    told(**fields_of(row, KEPT))
    console.print(f"{row.id} is {row.status} now.")


@app.command()
def retry(act_id: ActId, why: Why) -> None:
    """Have an act performed once more that is uncertain, has failed or did nothing. Of an uncertain
    one, make sure before that it did not happen."""
    from leadflow.cli.access.identity import who_acts
    from leadflow.database.engine import unit_of_work
    from leadflow.outbox import settling

    with unit_of_work() as session:
        by = who_acts(session, "outbox.settle")
        row = settling.retry(session, act_id, by, why, datetime.now(UTC))
    told(**fields_of(row, KEPT))
    console.print(f"{row.id} waits to be performed.")
