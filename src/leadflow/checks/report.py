"""What checks found, as a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leadflow.settings import Settings

if TYPE_CHECKING:
    from expectations.checkpoint import Checked

# Of a run's Data Docs: names sort in the order of their runs.
NAME = "%Y%m%dT%H%M%S%f"


def docs_folder(settings: Settings) -> Path:
    """Where Data Docs are kept, a folder a run."""
    return settings.home / "data-docs"


def report(found: "Sequence[Checked]", docs: str) -> str:
    """In Markdown: what does not hold first, then all that was looked at. Ids, never a value."""
    failed = [one for one in found if not one.held]
    title = "Data: not all holds" if failed else "Data: all holds"
    lines = [f"# {title}", ""]
    for one in failed:
        lines += [f"## {one.suite}", ""]
        lines += [f"- **{each.severity}**: {each.words}" for each in one.failed]
        lines.append("")
    if any(one.stops for one in found):
        lines += ["Nothing is learned and nothing promoted until the critical ones hold.", ""]
    lines += ["| Suite | Rows | Expectations | Hold |", "|---|---:|---:|---:|"]
    for one in found:
        kept = len(one.findings) - len(one.failed)
        lines.append(f"| {one.suite} | {one.rows:,} | {len(one.findings)} | {kept} |")
    lines += ["", f"[Data Docs]({docs}) have each expectation."]
    return "\n".join(lines)
