"""Sending under trouble: what is lost, what arrives twice, who is written to that said no.

Run it with ``python -m benchmarks.dispatching [MESSAGES KILLS DUE RACES]`` (3,000 messages with 50
kills, 50 cuts of the database and 50 lost answers; 20,000 due for eight dispatchers; 10,000 races
unless said). Each part has a store of its own in a temporary folder.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.own_store import own_store
from benchmarks.rows import Row, publish

if TYPE_CHECKING:
    from sqlalchemy import Engine

MESSAGES, KILLS, DUE, RACES = 3_000, 50, 20_000, 10_000


def measured(
    count: int, purpose: str, what: Callable[["Engine", list[str]], list[Row]]
) -> list[Row]:
    """The rows of one part, on so many messages."""
    from benchmarks.due_messages import prepare

    with own_store() as (engine, _):
        return what(engine, prepare(engine, count, purpose))


def main(asked: list[str]) -> int:
    """Measure, print and write; 1 if a bound does not hold."""
    from benchmarks import dispatch_kills, dispatch_races
    from leadflow.composition import compose
    from leadflow.settings import get_settings

    sizes = [int(one) for one in asked] or [MESSAGES, KILLS, DUE, RACES]
    messages, kills, due, races = sizes
    console, home, rows = Console(), get_settings().home, list[Row]()
    compose()
    parts: tuple[tuple[str, int, str, Callable[[Engine, list[str]], list[Row]]], ...] = (
        ("by key", messages, "service", lambda e, ids: dispatch_kills.by_key(e, ids, kills)),
        ("by SMTP", messages, "service", lambda e, ids: dispatch_kills.by_smtp(e, ids, kills)),
        ("peers", 1, "service", lambda e, _: dispatch_kills.peers(e, messages, kills)),
        ("at once", due, "service", dispatch_races.at_once),
        ("opt-outs", races, "marketing", dispatch_races.no_against_claim),
    )
    for name, count, purpose, what in parts:
        with console.status(f"{name}, {count:,} messages …"):
            found = measured(count, purpose, what)
        for row in found:
            console.print(f"  {row.name}: {row.value:g}", markup=False)
        rows += found
    return publish("dispatching", "Sending messages under trouble", rows, home, console)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
