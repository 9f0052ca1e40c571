"""``leadflow campaigns``: pausing campaigns, letting them go on, moving whoever is in one, ending
them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import person_here, who_acts
from leadflow.cli.campaigns.campaigns import say
from leadflow.cli.campaigns.channels import resting
from leadflow.cli.campaigns.running import WRITE, Name
from leadflow.cli.console import told
from leadflow.cli.tables import print_table

if TYPE_CHECKING:
    from leadflow.campaigns.planning.late import Answer
    from leadflow.campaigns.resuming import Waiting


def pause(name: Name) -> None:
    """Have everybody stay where they are, and nobody come in."""
    from leadflow.campaigns.store import service

    _change(service.pause, name)
    told(name=name, state="paused")
    say(f"{name} is paused. Go on: leadflow campaigns resume {name}")


def resume(
    name: Name,
    late: Annotated[
        str | None,
        typer.Option(help="What becomes of late messages where the campaign asks: send or skip."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Have a paused campaign go on. Says how many messages go out at once, and how many are too
    late for that by what the campaign says (`late`)."""
    from leadflow.campaigns.resuming import AnswerNeeded, late_messages, look
    from leadflow.campaigns.resuming import resume as go_on
    from leadflow.consent.may_send import Policy
    from leadflow.database.engine import Use, unit_of_work
    from leadflow.settings import get_settings

    answer = _answer(late)
    policy, now = Policy.of(get_settings().marketing_without_consent), datetime.now(UTC)
    with unit_of_work(use=Use.BATCH) as session:
        by = who_acts(session, WRITE)
        late_ones = {} if answer else late_messages(session, name, now, policy)
        waiting = look(session, name, now, "skip" if late_ones else answer or "send", policy)
        _tell_waiting(waiting, "Late" if late_ones else "Skipped, too late")
        if late_ones:
            raise AnswerNeeded(name, sum(late_ones.values()))
        if not dry_run:
            go_on(session, name, by, now, answer, policy)
        rests = resting(session)
    told(name=name, sent=waiting.sent, skipped=waiting.skipped, dry_run=dry_run)
    say(f"{name} would go on; nothing is changed." if dry_run else f"{name} goes on.")
    for one in rests:
        say(one)


def _tell_waiting(waiting: "Waiting", otherwise: str) -> None:
    table = Table("Step", "Sent at once", otherwise, box=None)
    for step in sorted({*waiting.sent, *waiting.skipped}):
        sent, skipped = waiting.sent.get(step, 0), waiting.skipped.get(step, 0)
        table.add_row(step, f"{sent:,}", f"{skipped:,}")
    if table.row_count:
        print_table(table)


def _answer(said: str | None) -> "Answer | None":
    if said not in (None, "send", "skip"):
        raise typer.BadParameter("Say send or skip.", param_hint="--late")
    return cast("Answer | None", said)


def migrate(
    name: Name,
    before: Annotated[str, typer.Argument(help="The version that they are in, such as v3.")],
    after: Annotated[str, typer.Argument(help="The version that is live, such as v4.")],
    step: Annotated[
        list[str] | None,
        typer.Option(
            help="Where a step goes on: old=new, or old=end to leave. Several may be said."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Move leads that are in an older version to the one that is live; where a policy says so,
    after somebody has approved it. Says who moves, leaves and stays, and why."""
    from leadflow.campaigns.launching import ask_to_move
    from leadflow.campaigns.moving import IN_WORDS, Wanted, look
    from leadflow.database.engine import unit_of_work

    steps = dict(_pair(one) for one in step or ())
    wanted = Wanted(name, _version(before), _version(after), steps)
    with unit_of_work() as session:
        counted = look(session, wanted)
        asked: object = {}
        if counted and not dry_run:
            who = person_here(session, WRITE)
            asked = ask_to_move(session, wanted, who, datetime.now(UTC))
    told(name=name, steps=counted, approval_id=asked if isinstance(asked, str) else None)
    table = Table("At step", "Leads", "What becomes of them", box=None)
    for one in counted:
        to = f", at {one.to}" if one.fate == "moves" else ""
        table.add_row(one.step, f"{one.leads:,}", f"{IN_WORDS[one.fate]}{to}")
    if counted:
        print_table(table)
    if not counted:
        say(f"Nobody is in version {wanted.before} of {name}.")
    elif dry_run:
        say("Nothing is changed.")
    elif isinstance(asked, str):
        say(f"Somebody else must approve that first: leadflow approvals show {asked}")
    else:
        say(f"Done. See where they are: leadflow campaigns show {name}")


def _version(said: str) -> int:
    number = said.removeprefix("v")
    if not number.isdigit() or len(number) > 9:
        raise typer.BadParameter(f"{said!r} is no version, such as v3.")
    return int(number)


def _pair(said: str) -> tuple[str, str]:
    old, equals, new = said.partition("=")
    if not (old and equals and new):
        raise typer.BadParameter(f"{said!r}: write old=new.", param_hint="--step")
    return old, new


def stop(name: Name) -> None:
    """End a campaign for everybody, for good."""
    from leadflow.campaigns.store import service

    ended = _change(service.stop, name)
    told(name=name, state="stopped", leads=ended or 0)
    say(f"{name} is stopped; {how_many(ended or 0, 'lead')} left it.")


def audit(
    name: Name,
    to: Annotated[
        Path | None, typer.Option(help="A CSV file for every lead, with what became of it.")
    ] = None,
) -> None:
    """What was previewed as the launch was asked for, and what came of it: each difference with its
    reason. The counts add up to all leads that were previewed or came in."""
    import csv

    from leadflow.campaigns.auditing import IN_WORDS, audited, counted
    from leadflow.campaigns.enrolling.entries import IN_WORDS as ENTRIES
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        found = audited(session, name, datetime.now(UTC))
    told(name=name, leads=len(found))
    table = Table("Previewed", "What became of them", "Leads", box=None)
    for previewed, became, count in counted(found):
        said = "not at all" if previewed is None else ENTRIES[previewed]
        table.add_row(
            "would come in" if previewed == "enrolled" else said, IN_WORDS[became], f"{count:,}"
        )
    if found:
        print_table(table)
    say(f"{how_many(len(found), 'lead')} in all.")
    if to is not None:
        with to.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(("lead_id", "previewed", "became"))
            rows.writerows((one.lead_id, one.previewed or "", one.became) for one in found)
        say(f"Written: {to}")


def archive(name: Name) -> None:
    """Put a campaign away that is a draft or was stopped: lists leave it out, nothing is gone."""
    from leadflow.campaigns.store import service

    _change(service.archive, name)
    told(name=name, state="archived")
    say(f"{name} is archived. See it all the same: leadflow campaigns show {name}")


def _change(change: Callable[..., int | None], name: str) -> int | None:
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        return change(session, name, who_acts(session, WRITE), datetime.now(UTC))


def add_to(app: typer.Typer) -> None:
    """Add these commands to those of campaigns."""
    for command in (pause, resume, migrate, audit, stop, archive):
        app.command()(command)
