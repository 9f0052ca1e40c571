"""Parsing and checking rows: the same for a file's rows and for rows that were set aside."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.mapping import Mapping
from leadflow.leads.files.parsing import Context, parse

if TYPE_CHECKING:
    import pandas as pd

    from expectations.lead_batch import Reason


@dataclass(frozen=True)
class Checked:
    """The rows that passed, parsed, and the reasons of the others by their position; ``ends``: how
    the leads of those ended, where that could be read."""

    good: "pd.DataFrame"
    failing: "dict[int, list[Reason]]"
    ends: dict[int, str] = field(default_factory=dict)


def check(
    rows: Sequence[Row], numbers: Sequence[int], mapping: Mapping, context: Context
) -> Checked:
    """Parse rows, numbered by their place in the file, and hold them against the expectations."""
    return hold(parse(rows, numbers, mapping, context), context.now)


def hold(frame: "pd.DataFrame", now: datetime) -> Checked:
    """Hold parsed rows against the expectations."""
    from expectations.lead_batch import failing_rows

    failing = failing_rows(frame, now)
    said = frame["outcome"].to_dict() if "outcome" in frame else {}
    told = {place: said[place] for place in failing if isinstance(said.get(place), str)}
    return Checked(good=frame.drop(index=list(failing)), failing=failing, ends=told)
