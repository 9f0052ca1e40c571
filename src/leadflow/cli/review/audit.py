"""``leadflow audit``: what was done by whom, and whether the log of it is as it was written."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import requester_here, who_acts
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.tables import Aside, print_table, whole

if TYPE_CHECKING:
    from leadflow.audit.exported import ExportedHead
    from leadflow.audit.tables import AuditEntry
    from leadflow.audit.verification import Report

# Of an entry, for programs.
KEPT = "number at actor action origin request_id before after"
app = typer.Typer(no_args_is_help=True, help="Who did what, and whether the log of it is sound.")


@app.command()
def verify(
    from_head: Annotated[
        list[Path] | None,
        typer.Option(help="Compare with the heads of this file too; may be said again."),
    ] = None,
    since: Annotated[
        int, typer.Option(min=1, help="First row to check, where an earlier break is known.")
    ] = 1,
) -> None:
    """Check every row; names the first that was changed, deleted, put in or swapped."""
    from leadflow.audit import verification

    _put_into_chain()
    heads = _heads(from_head or [])
    with verification.snapshot() as session, console.status("Reading the log …"):
        report = verification.verify(session, heads, since)
    _say(report, heads)
    if report.broken is not None:
        raise typer.Exit(1)


@app.command()
def show(
    subject: Annotated[str, typer.Argument(help="The id of a lead, an approval, a key …")],
    last: Annotated[int, typer.Option(min=1, help="Most to show.")] = 200,
) -> None:
    """What was done to one thing, newest last."""
    from leadflow.audit.reasons import in_words
    from leadflow.audit.service import history
    from leadflow.database.engine import unit_of_work

    _put_into_chain()
    with unit_of_work() as session:
        entries = history(session, subject, last)
        why = in_words(session, entries)
    told(
        items=[
            fields_of(entry, KEPT) | {"reason": why[entry.number], "detail": entry.detail}
            for entry in entries
        ]
    )
    if not entries:
        console.print(f"Nothing is written about {escape(subject)}.")
        return
    table = Table(
        "Row", whole("At (UTC)"), "Who", "What", "Why", "Figures", Aside("From where"), box=None
    )
    for entry in entries:
        table.add_row(
            str(entry.number),
            f"{entry.at:%Y-%m-%d %H:%M:%S}",
            escape(entry.actor),
            entry.action,
            escape(why[entry.number] or ""),
            escape(_figures(entry)),
            escape(" ".join(filter(None, (entry.origin, entry.request_id)))),
        )
    print_table(table)


@app.command()
def forget(
    subject: Annotated[str, typer.Argument(help="The id of a lead …")],
    why: Annotated[str, typer.Option(help="Who wants it; it is kept in the log.")],
) -> None:
    """Ask for the reasons people gave about one thing to be deleted, because they name somebody.
    What was done, by whom and when stays, and the log is still as it was written."""
    from leadflow.approvals.forgetting import ask_to_forget
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    with unit_of_work() as session:
        by = requester_here(session, "data.erase")
        approval = ask_to_forget(session, subject, by, why, datetime.now(UTC))
    link = f"{get_settings().address}/console/approvals/{approval.id}"
    told(subject_id=subject, approval_id=approval.id, waits_for=approval.roles_now, link=link)
    console.print(f"It waits for {' or '.join(approval.roles_now)}: {link}", soft_wrap=True)


@app.command("export-head")
def export_head() -> None:
    """Write the head of the log to the file outside the database now."""
    from leadflow.audit import exported, exporting
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    settings = get_settings()
    with unit_of_work() as session:
        made = exporting.export_head(session, settings, datetime.now(UTC))
    if made is None:
        console.print("The log is empty: there is no head.")
        return
    path = exported.heads_file(settings)
    told(number=made.number, entry_hash=made.entry_hash, file=path)
    console.print(f"Row {made.number:,} ({made.entry_hash}) written to {path}", soft_wrap=True)


@app.command()
def resume(
    why: Annotated[str, typer.Option(help="What happened; it is kept in the log.")],
) -> None:
    """Have the log go on after its head was lost or forged, or the database was set back to an
    earlier state; then what may have been done already waits for a person. The break stays visible
    for ever."""
    from leadflow.audit.resuming import last_lost
    from leadflow.audit.resuming import resume as resume_log
    from leadflow.backup.set_back import after_setting_back
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    settings = get_settings()
    with unit_of_work() as session:
        actor = who_acts(session, "audit.resume")
        set_back = last_lost(session, settings) is not None
        held = after_setting_back(session, datetime.now(UTC)) if set_back else 0
        entry = resume_log(session, settings, actor, why)
    told(number=entry.number, set_back=set_back, held=held)
    console.print(
        f"The log goes on at row {entry.number:,}. From now on: "
        f"leadflow audit verify --since {entry.number}"
    )
    if set_back:
        console.print(
            f"The database had been set back: all sign-ins have ended, and {held:,} acts that may "
            "have been done already wait for a person: leadflow outbox list --state uncertain"
        )


def _put_into_chain() -> None:
    """What was decided in the last second belongs to the log too. A broken log stays as it is."""
    from contextlib import suppress

    from leadflow.audit.head import AuditLogBroken
    from leadflow.audit.queue import put_into_chain
    from leadflow.database.engine import unit_of_work

    with suppress(AuditLogBroken), unit_of_work() as session:
        put_into_chain(session)


def _heads(elsewhere: list[Path]) -> "list[ExportedHead]":
    from leadflow.audit.exported import heads_file, read_heads
    from leadflow.settings import get_settings

    own = heads_file(get_settings())
    files = [own, *elsewhere] if own.exists() else elsewhere
    heads: list[ExportedHead] = []
    for path in files:
        read = read_heads(path)
        console.print(f"{len(read):,} exported heads in {path}", soft_wrap=True, markup=False)
        heads += read
    return heads


def _say(report: "Report", heads: "list[ExportedHead]") -> None:
    broken = report.broken
    told(
        rows=report.rows,
        number=report.number,
        last_hash=report.last_hash,
        compared=report.compared,
        broken=None if broken is None else {"number": broken.number, "what": broken.what},
    )
    console.print(
        f"{how_many(report.rows, 'row')} read; the last sound one is row {report.number:,}"
    )
    console.print(f"Its hash: {report.last_hash}", soft_wrap=True)
    if heads:
        first, last = heads[0], heads[-1]
        console.print(
            f"{report.compared:,} of {len(heads):,} exported heads compared, "
            f"from row {first.number:,} ({first.at}) to row {last.number:,} ({last.at})"
        )
    else:
        console.print(
            "No exported head to compare with: whether the whole log was set back to an earlier "
            "state cannot be seen. Write one: leadflow audit export-head"
        )
    if broken is None:
        console.print("[bold green]The log is as it was written.[/]")
    else:
        console.print(f"[bold red]Row {broken.number:,} is broken[/]: {escape(broken.what)}.")


def _figures(entry: "AuditEntry") -> str:
    """Detail, before and after as JSON, without what is empty."""
    parts = [json.dumps(entry.detail, ensure_ascii=False)] if entry.detail else []
    for name in ("before", "after"):
        value = getattr(entry, name)
        if value is not None:
            parts.append(f"{name} {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(parts)
