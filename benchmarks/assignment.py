"""Who gets which lead: how good, how fast.

Run it with ``python -m benchmarks.assignment``.
"""

import sys
from collections.abc import Callable

from rich.console import Console

from benchmarks import (
    assignment_day,
    assignment_simulator,
    assignment_solver,
    assignment_sweep,
)
from benchmarks.rows import Row, publish
from leadflow.settings import get_settings

PARTS: tuple[Callable[[Console], list[Row]], ...] = (
    assignment_solver.rows,
    assignment_sweep.rows,
    assignment_day.rows,
    assignment_simulator.rows,
)


def main() -> int:
    """Measure every part, print and write; 1 if a bound does not hold."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    measured = [row for part in PARTS for row in part(console)]
    return publish("assignment", "Assignment", measured, get_settings().home, console)


if __name__ == "__main__":
    sys.exit(main())
