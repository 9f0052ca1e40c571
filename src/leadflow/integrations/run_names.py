"""Names of flow runs."""

from datetime import UTC, datetime


def run_name(
    flow: str, at: datetime, what: str | None = None, as_of: datetime | None = None
) -> str:
    """The flow, the time of day the run was meant for (UTC), and what came of it once that is
    known: ``assign_leads 09:05, 12 leads``; one that works as of a moment says that instead:
    ``score_leads as of 2026-11-28 09:05, 12 leads``."""
    name = f"{flow} {at.astimezone(UTC):%H:%M}"
    if as_of is not None:
        name = f"{flow} as of {as_of.astimezone(UTC):%Y-%m-%d %H:%M}"
    return name if what is None else f"{name}, {what}"
