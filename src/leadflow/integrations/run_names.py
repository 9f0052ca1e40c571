"""Names of flow runs."""

from datetime import UTC, datetime


def run_name(flow: str, as_of: datetime, what: str | None = None) -> str:
    """The flow, the moment it works as of (UTC; the one it was meant for, where it is given none),
    and once that is known what it works on or what came of it:
    ``score_leads as of 2026-11-28 09:05, 12 partitions``."""
    name = f"{flow} as of {as_of.astimezone(UTC):%Y-%m-%d %H:%M}"
    return name if what is None else f"{name}, {what}"
