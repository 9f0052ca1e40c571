"""A mapping proposed for a file as it lies there."""

from datetime import datetime
from pathlib import Path

from leadflow.leads.files.formats.reading import is_csv, open_table
from leadflow.leads.files.mapping_parts import CsvOptions
from leadflow.leads.files.proposing.proposal import Proposal, propose


def propose_for(path: Path, source: str, now: datetime, encoding: str | None = None) -> Proposal:
    """Propose a mapping for a file; ``encoding``: what somebody says that its text is written in.

    Raises:
        UnreadableFile: it is no table, or has no rows.
    """
    made = propose(open_table(path, CsvOptions(encoding=encoding)), source, now)
    if encoding is not None and is_csv(path):
        made.content["csv"] = {"encoding": encoding, **made.content.get("csv", {})}
    return made
