"""A year of a simulated market in minutes, on a store of its own: does what serves follow it?

``make simulate-year``, or ``python -m benchmarks.simulated_year [--to PAGE.html] [--picture
PICTURE.svg] [--days 365] [--leads-a-day 300]``. The market changes twice; who decides at the gate
is a rule, which approves what the report proposes to approve.
"""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console

from benchmarks.own_store import own_store
from benchmarks.rows import Row, publish


def main() -> int:
    """Live through it, print and write; 1 if a bound does not hold."""
    from leadflow.composition import compose
    from leadflow.settings import get_settings
    from leadflow.simulation.year.page import draw, findings, headline, write_page
    from leadflow.simulation.year.plan import Plan
    from leadflow.simulation.year.running import simulate_year

    asked, console, home = _asked(), Console(), get_settings().home
    plan = Plan(days=asked.days, leads_a_day=asked.leads_a_day)
    compose()
    started = time.monotonic()
    with own_store() as (_, settings):
        year = simulate_year(plan, settings, lambda words: console.print(words, markup=False))
    console.print(f"\n{headline(year)}", *findings(year), sep="\n", markup=False)
    if asked.to is not None:
        asked.to.write_text(write_page(year))
    if asked.picture is not None:
        asked.picture.write_text(draw(year))
    rows = [
        *(
            Row(f"behind after day {one.changed}", one.gap, "AUC", None, 0.01)
            for one in year.followed
        ),
        Row("promotions that did worse", sum(not one.holds for one in year.promoted), "", None, 0),
        Row("standard error of an AUC", max(year.errors), "", None, 0.003),
        Row("trainings", year.trainings, ""),
        Row("promotions", len(year.promoted), ""),
        Row("took", (time.monotonic() - started) / 60, "minutes"),
    ]
    return publish("simulated_year", "A simulated year", rows, home, console)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulated_year")
    parser.add_argument("--to", type=Path, help="keep the page in this file")
    parser.add_argument("--picture", type=Path, help="keep the picture (SVG) in this file")
    parser.add_argument("--days", type=int, default=365, help="more than 210, the second change")
    parser.add_argument("--leads-a-day", type=int, default=300)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
