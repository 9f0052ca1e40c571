"""What doctor asks the store: who consumes the outbox, how journals are read, who can be told,
which channels take messages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.background import records
from leadflow.background.tables import BackgroundLoop
from leadflow.campaigns.circuits.circuit import Circuit
from leadflow.campaigns.circuits.service import channels as read_channels
from leadflow.campaigns.circuits.words import how_it_is
from leadflow.checks.service import in_words, newest
from leadflow.checks.tables import DataCheck
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.recipients import Unreachable, unreachable
from leadflow.settings import Settings
from leadflow.sources.journals.showing import JournalShown
from leadflow.sources.journals.showing import journals as read_journals
from leadflow.supervisor.findings import START, Finding, embedded_is_down

Read = TypeVar("Read")


def background(settings: Settings) -> Finding:
    """Whether somebody consumes the outbox."""
    log = settings.home / "logs" / "background.log"
    return _asked(
        "Background",
        settings,
        lambda session: records.running(session, datetime.now(UTC)),
        lambda loops: _background(loops, log),
    )


def told(settings: Settings) -> Finding:
    """Whether every salesperson can be told about their leads."""
    return _asked("Notices", settings, unreachable, _told)


def journals(settings: Settings) -> Finding:
    """Whether the journals of sources are read."""
    return _asked("Journals", settings, read_journals, _journals)


def checks(settings: Settings) -> Finding:
    """Whether the data are as they should be."""
    return _asked("Data", settings, newest, _checks)


def channels(settings: Settings) -> Finding:
    """Whether channels take what campaigns send."""
    return _asked("Channels", settings, read_channels, _channels)


def _asked(
    check: str,
    settings: Settings,
    read: Callable[[Session], Read],
    found: Callable[[Read], Finding],
) -> Finding:
    """What is found by what is read; a note where nothing can be read."""
    if embedded_is_down(settings):
        return Finding(check, "note", "PostgreSQL is not running", START)
    try:
        with unit_of_work() as session:
            known = read(session)
    except Exception:
        return Finding(check, "note", "PostgreSQL does not answer", START)
    return found(known)


def _background(loops: Sequence[BackgroundLoop], log: Path) -> Finding:
    processes = {row.process for row in loops}
    failing = sorted({row.loop for row in loops if row.failures})
    if not processes:
        return Finding("Background", "note", "not running", START)
    if failing:
        return Finding("Background", "bad", f"failing: {', '.join(failing)}", f"Read {log}")
    return Finding("Background", "ok", how_many(len(processes), "process"))


def _told(nobody: Sequence[Unreachable]) -> Finding:
    if not nobody:
        return Finding("Notices", "ok", "every salesperson has an address or an account with one")
    named = ", ".join(one.external_id for one in nobody[:10])
    more = f" and {len(nobody) - 10} more" if len(nobody) > 10 else ""
    return Finding(
        "Notices",
        "note",
        f"nobody can tell these of leads of theirs: {named}{more}",
        "Give each an address (email in the team file), or their account (leadflow people change "
        "NAME --email ADDRESS), or a new account (leadflow people add NAME --role sales_rep --rep "
        "REP --email ADDRESS). What was not told: "
        "leadflow outbox list --state nothing_done",
    )


def _journals(known: Mapping[str, JournalShown]) -> Finding:
    failing = {name: one for name, one in known.items() if one.problem is not None}
    if not failing:
        return Finding("Journals", "ok", f"{how_many(len(known), 'source')} read, none fails")
    found = ", ".join(f"{name} {one.problem}" for name, one in failing.items())
    mend = " ".join(f"{name}: {one.what_to_do}" for name, one in failing.items())
    return Finding("Journals", "bad", f"not read: {found}", f"{mend} More: leadflow sources list")


def _channels(known: Mapping[str, Circuit]) -> Finding:
    held = {name: one for name, one in known.items() if one.state != "closed"}
    if not held:
        return Finding("Channels", "ok", f"{how_many(len(known), 'channel')} used, none fails")
    found = "; ".join(
        f"{name} is {how_it_is(one, {})}" + (f": {one.why}" if one.state == "open" else "")
        for name, one in held.items()
    )
    failing = any(one.state == "open" for one in held.values())
    mend = "Mend that, then: leadflow channels NAME --resume"
    return Finding("Channels", "bad" if failing else "note", found, mend)


def _checks(known: Sequence[DataCheck]) -> Finding:
    failed = [one for one in known if not one.held and one.accepted_at is None]
    if not known:
        return Finding("Data", "note", "not checked yet", "Check now: leadflow checks run")
    if not failed:
        return Finding("Data", "ok", f"{how_many(len(known), 'suite')} of expectations hold")
    found = "; ".join(f"{one.suite}: {in_words(one)}" for one in failed)
    stops = any(one.stops for one in failed)
    so = "nothing is learned or promoted: " if stops else ""
    mend = "Mend that, then: leadflow checks run. More: leadflow checks list"
    return Finding("Data", "bad" if stops else "note", f"{so}{found}", mend)
