"""The rows of a benchmark: what was measured, what was promised, and what a peer does."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One measured value.

    ``at_least`` or ``at_most`` is the bound it must keep; a row with neither is information.
    ``peer`` and ``peer_value`` are another way of doing the same, measured in the same run.
    """

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    peer: str | None = None
    peer_value: float | None = None

    @property
    def bound(self) -> str | None:
        """The bound in words, for instance ``>= 0.8``."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return None if self.at_most is None else f"<= {self.at_most:g}"

    @property
    def holds(self) -> bool | None:
        """Whether the bound is kept; None where there is none. What is not a number keeps none."""
        if self.at_least is not None:
            return bool(self.value >= self.at_least)
        return None if self.at_most is None else bool(self.value <= self.at_most)

    def to_dict(self) -> dict[str, Any]:
        """name, value, unit, bound, holds, peer, peer_value."""
        kept = {key: value for key, value in asdict(self).items() if not key.startswith("at_")}
        return {**kept, "bound": self.bound, "holds": self.holds}


def publish(name: str, title: str, rows: Sequence[Row], home: Path, console: Console) -> int:
    """Print the rows, write them to ``bench/NAME.json`` in home, and say how a program should end.

    Returns:
        The exit code: 1 if a bound does not hold, else 0.
    """
    path = home / "bench" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    console.print(_table(title, rows))
    path.write_text(json.dumps([row.to_dict() for row in rows], indent=1))
    console.print(f"Rows written to {path}", soft_wrap=True)
    return int(any(row.holds is False for row in rows))


def _table(title: str, rows: Sequence[Row]) -> Table:
    table = Table("measured", title=title, title_justify="left")
    for heading in ("value", "bound", "holds"):
        table.add_column(heading, justify="right")
    table.add_column("peer")
    table.add_column("peer's value", justify="right")
    for row in rows:
        table.add_row(
            row.name,
            _number(row.value, row.unit),
            row.bound or "",
            {True: "yes", False: "[bold red]no[/]", None: ""}[row.holds],
            row.peer or "",
            "" if row.peer_value is None else _number(row.peer_value, row.unit),
        )
    return table


def _number(value: float, unit: str) -> str:
    return f"{value:,.4g} {unit}".strip()
