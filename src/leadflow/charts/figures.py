"""What a chart shows: its finding, its axes, its values, and the same as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Self

Kind = Literal["bars", "calibration", "lift", "over_time"]
Point = tuple[float, float]
PERCENT = ".0%"


@dataclass(frozen=True)
class Table:
    """The same as text, for those who cannot see the chart, or would rather read it."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Figure:
    """A chart before it is drawn. ``title`` says the finding; ``x`` and ``y`` name the axes, with
    their units; ``rows`` are plain values, as the kind wants them; ``reference`` is where its line
    to compare with stands, and ``reference_says`` what that means; ``form`` is how numbers are
    written, in the notation of d3."""

    kind: Kind
    title: str
    x: str
    y: str
    rows: Sequence[Mapping[str, Any]]
    table: Table
    reference: float | None = None
    reference_says: str = ""
    form: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Chart:
    """A chart for a page. ``svg`` is None where it could not be drawn: the table says it all."""

    title: str
    svg: str | None
    columns: list[str]
    rows: list[list[str]]

    @classmethod
    def of(cls, figure: Figure, svg: str | None) -> Self:
        """A figure with its drawing."""
        table = figure.table
        return cls(figure.title, svg, list(table.columns), [list(row) for row in table.rows])


@dataclass(frozen=True)
class Bar:
    """One bar; ``low`` and ``high`` hold its true value, where that is not known for certain;
    ``off`` marks one to look at."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    off: bool = False


def bars(
    title: str,
    of: Sequence[Bar],
    x: str,
    table: Table,
    reference: float | None = None,
    reference_says: str = "",
    form: str = "",
) -> Figure:
    """Lying bars in the order given, with a standing line to compare them with."""
    rows = [asdict(bar) for bar in of]
    return Figure("bars", title, x, "", rows, table, reference, reference_says, form)


def calibration(title: str, of: Mapping[str, Sequence[Point]], table: Table) -> Figure:
    """What was predicted (0 to 1) against what happened, by series, beside the diagonal."""
    x, y = "Predicted chance of converting", "Share that converted"
    return Figure("calibration", title, x, y, _series(of), table, None, "as predicted", PERCENT)


def lift(title: str, of: Mapping[str, Sequence[Point]], table: Table) -> Figure:
    """How many times as often the best-scored share of leads (0 to 1) converts as the average
    lead, by series, beside the line of leads picked at random."""
    x, y = "Share of leads called, best first", "Times the average conversion"
    return Figure("lift", title, x, y, _series(of), table, 1.0, "picked at random")


@dataclass(frozen=True)
class Moment:
    """A value at a moment, and between what its true one lies."""

    at: datetime
    value: float
    low: float | None = None
    high: float | None = None


def over_time(
    title: str,
    of: Sequence[Moment],
    y: str,
    table: Table,
    reference: float | None = None,
    reference_says: str = "",
    form: str = "",
) -> Figure:
    """A line over time, within a band where values are not known for certain."""
    rows = [asdict(one) | {"at": one.at.isoformat()} for one in of]
    return Figure("over_time", title, "", y, rows, table, reference, reference_says, form)


def _series(of: Mapping[str, Sequence[Point]]) -> list[dict[str, Any]]:
    return [{"name": name, "at": at, "value": v} for name, points in of.items() for at, v in points]
