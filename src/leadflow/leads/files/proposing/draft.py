"""A proposal in the making: the columns nobody has taken yet, and what is said of the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from features.how_many import how_many
from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.proposing.profiling import ColumnKind, Profile


@dataclass(frozen=True)
class Proposed:
    """What a column is to become, and why."""

    column: str
    becomes: str
    why: str


@dataclass
class Draft:
    """``open`` are the columns by name, ``rows`` the sample in the order of the file, of ``count``.
    ``questions`` are what only a person can answer, ``first`` what they should look at before all
    else, ``notes`` what they should know, ``unsure`` columns of dates that nobody can read for
    certain. ``converted``, ``lost`` and ``still_open`` are the rows that say so, ``ignore`` the
    columns that are left out, and why. ``delivered``: it is of no file."""

    rows: Sequence[Row]
    count: int
    now: datetime
    open: dict[str, Profile]
    content: dict[str, Any]
    said: dict[str, Proposed] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    converted: list[bool] = field(default_factory=list)
    lost: list[bool] = field(default_factory=list)
    still_open: list[bool] = field(default_factory=list)
    ignore: dict[str, str] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)
    delivered: bool = False

    def take(self, column: Profile, becomes: str, why: str) -> str:
        """Let a column become something; its name."""
        del self.open[column.name]
        self.said[column.name] = Proposed(column.name, becomes, why)
        return column.name

    def leave_out(self, column: Profile, why: str) -> None:
        """Let a column be stored nowhere."""
        self.ignore[self.take(column, "not stored", why)] = why

    def named(self, names: Sequence[str], kind: ColumnKind) -> Profile | None:
        """The first column of a kind with one of these names."""
        columns = [column for column in self.open.values() if column.kind == kind]
        return next((c for name in names for c in columns if name in (*c.called, c.bare)), None)

    def cells(self, name: str) -> list[str]:
        """What stands in a column, row by row."""
        return [(row.get(name) or "").strip() for row in self.rows]

    def doubt(self, column: Profile) -> None:
        """Ask what cannot be told of how a column's dates are written."""
        dates = column.dates
        if dates is None:
            return
        if dates.unsure or dates.mixed:
            self.unsure.append(column.name)
        if dates.unsure:
            self.questions.append(
                f"{column.name}: day and month may be the other way round; check its `format`."
            )
        if dates.mixed:
            form = dates.format or "2026-01-31"
            others = how_many(len(dates.mixed), "different value")
            self.questions.append(
                f"{column.name}: its dates are written in several ways. Most are of the form "
                f"{form}; {others}, such as {dates.mixed[0]}, are not. Write them all in one way, "
                "or the rows of the others will be set aside."
            )
