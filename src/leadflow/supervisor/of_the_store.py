"""What doctor asks the store: who consumes the outbox, how journals are read, who can be told."""

from datetime import UTC, datetime

from features.how_many import how_many
from leadflow.background import records
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.recipients import unreachable
from leadflow.settings import Settings
from leadflow.sources.journals.showing import journals as read_journals
from leadflow.supervisor.findings import START, Finding, embedded_is_down


def background(settings: Settings) -> Finding:
    """Whether somebody consumes the outbox."""
    if embedded_is_down(settings):
        return Finding("Background", "note", "PostgreSQL is not running", START)
    try:
        with unit_of_work() as session:
            loops = records.running(session, datetime.now(UTC))
            failing = sorted({row.loop for row in loops if row.failures})
            processes = {row.process for row in loops}
    except Exception:
        return Finding("Background", "note", "PostgreSQL does not answer", START)
    if not processes:
        return Finding("Background", "note", "not running", START)
    if failing:
        where = str(settings.home / "logs" / "background.log")
        return Finding("Background", "bad", f"failing: {', '.join(failing)}", f"Read {where}")
    return Finding("Background", "ok", how_many(len(processes), "process"))


def told(settings: Settings) -> Finding:
    """Whether every salesperson can be told about their leads."""
    if embedded_is_down(settings):
        return Finding("Notices", "note", "PostgreSQL is not running", START)
    try:
        with unit_of_work() as session:
            found = unreachable(session)
    except Exception:
        return Finding("Notices", "note", "PostgreSQL does not answer", START)
    if not found:
        return Finding("Notices", "ok", "every salesperson has an address or an account with one")
    named = ", ".join(one.external_id for one in found[:10])
    more = f" and {len(found) - 10} more" if len(found) > 10 else ""
    return Finding(
        "Notices",
        "note",
        f"nobody can tell these of leads of theirs: {named}{more}",
        "Give each an address (email in the team file), or their account (leadflow people change "
        "NAME --email ADDRESS), or a new account (leadflow people add NAME --role sales_rep --rep "
        "REP --email ADDRESS). What was not told: "
        "leadflow outbox list --state nothing_done",
    )


def journals(settings: Settings) -> Finding:
    """Whether the journals of sources are read."""
    if embedded_is_down(settings):
        return Finding("Journals", "note", "PostgreSQL is not running", START)
    try:
        with unit_of_work() as session:
            known = read_journals(session)
    except Exception:
        return Finding("Journals", "note", "PostgreSQL does not answer", START)
    failing = {name: one for name, one in known.items() if one.problem is not None}
    if not failing:
        return Finding("Journals", "ok", f"{how_many(len(known), 'source')} read, none fails")
    found = ", ".join(f"{name} {one.problem}" for name, one in failing.items())
    mend = " ".join(f"{name}: {one.what_to_do}" for name, one in failing.items())
    return Finding("Journals", "bad", f"not read: {found}", f"{mend} More: leadflow sources list")
