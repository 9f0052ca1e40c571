"""``leadflow campaigns bounced`` and ``unread``: mails that came back."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import who_acts
from leadflow.cli.campaigns.campaigns import say
from leadflow.cli.console import OUTPUT, errors, fields_of, print_problem, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from leadflow.campaigns.feedback.mails import Mails

AT_A_TIME = 200
WRITE = "campaign.write"
# By this mail servers know that they shall hand it over again later (sysexits.h).
TRY_AGAIN = 75
IN_WORDS = {
    "bounced": "bounce",
    "complained": "complaint",
    "deferred": "delay",
    "delivered": "delivery",
    "replied": "reply",
    "auto_replied": "automatic reply",
    "unsubscribed": "opt-out",
}


def bounced(
    mails: Annotated[
        Path,
        typer.Argument(
            help="A mail, a file of many (mbox), a folder (Maildir, or files .eml); - for one that "
            "is handed in, as mail servers do."
        ),
    ],
) -> None:
    """Read mails that came back: bounces, complaints, replies. Told again they change nothing;
    nothing is changed where they are. What cannot be read for certain is kept."""
    if str(mails) == "-":
        _handed_in(sys.stdin.buffer.read())
        return
    from leadflow.channels.email.returned.folders import mails_in

    _tell(_note(mails_in(mails)))


def unread(
    to: Annotated[Path | None, typer.Option(help="A folder to write them into, as .eml.")] = None,
) -> None:
    """Mails that came back and could not be read for certain, and why."""
    from leadflow.campaigns.feedback.mails import unread_mails
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        who_acts(session, WRITE)
        found = unread_mails(session)
    if not found:
        say("There are no mails that could not be read.")
        return
    told(items=[fields_of(one, "id received_at why") for one in found])
    table = Table(whole("Mail"), whole("Since (UTC)"), "Why", box=None)
    for one in found:
        table.add_row(one.id, f"{one.received_at:%Y-%m-%d %H:%M}", escape(one.why))
    print_table(table)
    if to is not None:
        to.mkdir(parents=True, exist_ok=True)
        for one in found:
            (to / f"{one.id}.eml").write_bytes(one.content)
        say(f"{how_many(len(found), 'mail')} written into {to}")


def _handed_in(content: bytes) -> None:
    """One mail. Whatever goes wrong, the mail server keeps it and tries again."""
    try:
        done = _note([content])
    except Exception as error:
        _say_why(error)
        raise typer.Exit(TRY_AGAIN) from error
    _tell(done)


def _say_why(error: Exception) -> None:
    """What went wrong: for programs as a problem, like everywhere."""
    from leadflow.cli.failed import in_words
    from leadflow.cli.for_programs import REFUSED, tell_of

    failed = f"It failed: {type(error).__name__}."
    if not OUTPUT.json:
        errors.print(in_words(error) or failed, markup=False, soft_wrap=True)
    elif not tell_of(error):
        print_problem(*REFUSED, failed)


def _note(mails: Iterable[bytes]) -> "Mails":
    from leadflow.campaigns.feedback.mails import Mails, note_mails
    from leadflow.campaigns.feedback.pausing import Bounds
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    settings, done, left = get_settings(), Mails(), iter(mails)
    ours, bounds = (settings.sender_email, settings.bounce_address), Bounds.of(settings)
    domains = [one.rpartition("@")[2] for one in ours if one is not None]
    while some := list(islice(left, AT_A_TIME)):
        with unit_of_work() as session:
            who_acts(session, WRITE)
            done += note_mails(session, some, domains, bounds, datetime.now(UTC))
    return done


def _tell(done: "Mails") -> None:
    told(said=done.said, known=done.known, others=done.others, unread=done.unread)
    found = [how_many(count, IN_WORDS[kind]) for kind, count in sorted(done.said.items())]
    say(f"New: {', '.join(found) or 'nothing'}; {done.known:,} known already.")
    if done.others:
        say(f"{how_many(done.others, 'mail')} about something else, left alone.")
    if done.unread:
        say(f"{how_many(done.unread, 'mail')} kept unread: leadflow campaigns unread")


def add_to(app: typer.Typer) -> None:
    """Add these commands to those of campaigns."""
    app.command()(bounced)
    app.command()(unread)
