"""How reading a journal goes, in lines for people."""

from datetime import datetime

from features.how_many import how_many
from leadflow.sources.journals.showing import JournalShown


def how_it_is_read(journal: JournalShown, now: datetime) -> list[str]:
    """How far it is read; what is wrong, and what to do; what was odd about an item."""
    behind = how_many(max(0, round((now - journal.cursor_at).total_seconds())), "second")
    lines = [f"its journal is read up to {journal.cursor_at:%Y-%m-%d %H:%M:%S} UTC, {behind} ago."]
    if journal.problem is not None:
        status = "" if journal.status is None else f", HTTP {journal.status}"
        lines.append(
            f"{journal.problem}{status}: {how_many(journal.failures, 'failure')} since "
            f"{journal.failing_since:%Y-%m-%d %H:%M} UTC. {journal.what_to_do} It is tried again "
            f"at {journal.next_at:%Y-%m-%d %H:%M:%S} UTC."
        )
    if journal.remarked_at is not None:
        lines.append(f"{journal.remarked_at:%Y-%m-%d %H:%M} UTC: {journal.remark_means}")
    return lines
