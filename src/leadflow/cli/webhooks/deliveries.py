"""``leadflow deliveries``: what sources have delivered by webhook, and what became of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import who_acts
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from leadflow.sources.mapped import Reason

app = typer.Typer(
    no_args_is_help=True, help="Deliveries by webhook: what came, what is dead, and taking it in."
)
# Of a delivery, for programs.
KEPT = "id source delivery_id status received_at records left_out reasons"
Id = Annotated[str, typer.Argument(help="The delivery's id, as `list` shows it.")]


@app.command("list")
def list_deliveries(
    status: Annotated[
        str | None, typer.Option(help="received, processed, dead or discarded.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Of this source.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most this many.")] = 50,
) -> None:
    """What came, newest first, and what of it is dead and why."""
    from leadflow.database.engine import unit_of_work
    from leadflow.paging.keyset import Wanted
    from leadflow.sources import inbox

    with unit_of_work() as session:
        rows = inbox.deliveries(session, status, source, Wanted(limit)).items
    told(items=[fields_of(row, KEPT) for row in rows])
    if not rows:
        console.print("There are no such deliveries.")
        return
    figures = ("Records", "Left out")
    table = Table(whole("Id"), "Source", "State", whole("Came (UTC)"), *figures, "Why", box=None)
    for row in rows:
        held = ("" if count is None else f"{count:,}" for count in (row.records, row.left_out))
        came = f"{row.received_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(row.id, row.source, row.status, came, *held, reasons_in_words(row.reasons))
    print_table(table)
    if any(row.status == "dead" for row in rows):
        console.print(
            "Mend the mapping and take dead ones in: leadflow deliveries retry --source SOURCE"
        )
    if any(row.status == "processed" and row.records == 0 for row in rows):
        console.print(
            "Of some nothing was wanted. Where it should be, mend `only` and take them in: "
            "leadflow deliveries retry --source SOURCE --passed-over",
            soft_wrap=True,
        )


@app.command()
def show(delivery_id: Id) -> None:
    """One delivery with its body as it came, and as it was corrected. It may name a person."""
    from leadflow.database.engine import unit_of_work
    from leadflow.sources import inbox

    with unit_of_work() as session:
        who_acts(session, "delivery.read")
        row, bodies = inbox.read_delivery(session, delivery_id)
    came, corrected = (
        None if body is None else body.decode(errors="backslashreplace")
        for body in (bodies.came, bodies.correction)
    )
    told(**fields_of(row, KEPT), body=came, correction=corrected)
    console.print(f"{row.source}, delivered as {row.delivery_id}: {row.status}", markup=False)
    if row.reasons:
        console.print(reasons_in_words(row.reasons))
    _print_body(bodies.came)
    if bodies.correction is not None:
        console.print("Corrected, and taken in as:")
        _print_body(bodies.correction)


@app.command()
def retry(
    delivery_id: Annotated[str | None, typer.Argument(help="One delivery; else all dead.")] = None,
    source: Annotated[str | None, typer.Option(help="All that are dead of this source.")] = None,
    passed_over: Annotated[
        bool,
        typer.Option("--passed-over", help="Instead: those of which `only` left something out."),
    ] = False,
) -> None:
    """Take dead deliveries in again, by their source as it is now; or one, dead or not."""
    from leadflow.database.engine import unit_of_work
    from leadflow.sources import inbox

    ids = None if delivery_id is None else [delivery_id]
    with unit_of_work() as session:
        again = inbox.retry(
            session, ids, source, who_acts(session, "source.write"), datetime.now(UTC), passed_over
        )
    told(deliveries=again)
    if not again:
        console.print("None was passed over." if passed_over else "No delivery is dead.")
        return
    said = how_many(again, "delivery")
    console.print(f"{said} will be taken in within a minute: leadflow deliveries list")


@app.command()
def correct(
    delivery_id: Id,
    body: Annotated[Path, typer.Argument(help="A file with the body as it should be.")],
) -> None:
    """Take a dead delivery in with another body. The one that came is kept beside it."""
    from leadflow.database.engine import unit_of_work
    from leadflow.sources import inbox

    content = body.read_bytes()
    with unit_of_work() as session:
        by = who_acts(session, "source.write")
        inbox.correct(session, delivery_id, content, by, datetime.now(UTC))
    told(id=delivery_id)
    console.print(f"{delivery_id} will be taken in within a minute: leadflow deliveries list")


@app.command()
def discard(delivery_id: Id) -> None:
    """Let a dead delivery go. It is kept, and can be retried."""
    from leadflow.database.engine import unit_of_work
    from leadflow.sources import inbox

    with unit_of_work() as session:
        by = who_acts(session, "source.write")
        inbox.discard(session, delivery_id, by, datetime.now(UTC))
    told(id=delivery_id, status="discarded")
    console.print(f"{delivery_id} is discarded.")


def _print_body(body: bytes) -> None:
    text = body.decode(errors="backslashreplace")
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def reasons_in_words(reasons: "Sequence[Reason]") -> str:
    """What of a delivery cannot be mapped, in a line."""
    said = (
        (f"record {one['record']}: " if "record" in one else "") + f"{one['field']} {one['rule']}"
        for one in reasons
    )
    return escape("; ".join(said))
