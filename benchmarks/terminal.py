"""Each command as somebody types it, in an interpreter of its own: how much work of a processor it
takes in all, and before it asks the database for something for the first time.

The commands are those of the story that the tests tell (tests/integration/likely_successes.py), on
a store as small as theirs. Seconds of the processor, for other work on the machine is none of the
command's. Run it with ``python -m benchmarks.terminal``.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.rows import Row, publish

if TYPE_CHECKING:
    from tests.typed import Told

MOST = 1.0
SHOWN = 12
# Their own work is more than looking something up: what they take before it is held to the bound.
WORKS = (
    "backup",
    "campaigns draw",
    "campaigns mails",
    "campaigns simulate",
    "import",
    "keys rotate-master",
    "simulate",
)
RUN = """
import atexit, json, os, resource, sys, time
first = []
def note(*_):
    if not first:
        first.append(time.process_time())
def said():
    with open(os.environ["TIMES"], "w") as file:
        json.dump({"first": first[0] if first else None, "all": time.process_time()}, file)
atexit.register(said)
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "sqlalchemy.orm":
            sys.meta_path.remove(self)
            from sqlalchemy import event
            from sqlalchemy.engine import Engine
            event.listen(Engine, "before_cursor_execute", note)
        return None
sys.meta_path.insert(0, Watch())
from leadflow.cli.main import main
main()
"""


@dataclass
class Timed:
    """A terminal that types each command into an interpreter of its own, and keeps its times."""

    folder: Path
    environment: dict[str, str]
    times: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def type(self, *words: str, typed: str = "") -> "Told":
        """Run ``leadflow`` with these words."""
        from tests.integration.test_commands_succeed import command_of
        from tests.typed import Told

        kept = self.folder / "times.json"
        done = subprocess.run(
            [sys.executable, "-c", RUN, *words],
            input=typed,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=os.environ | self.environment | {"TIMES": str(kept), "COLUMNS": "200"},
            check=False,
        )
        self.times[command_of(" ".join(words))].append(json.loads(kept.read_text()))
        return Told(done.returncode, done.stdout, done.stderr)


def measured() -> dict[str, list[dict[str, Any]]]:
    """The times of each command of the story."""
    from benchmarks.own_store import own_store
    from tests.integration.likely_successes import STORY
    from tests.integration.test_commands_succeed import all_do, begin

    # The store's files belong to a user of their own, and those of the story lie beside them.
    with own_store() as (engine, _), tempfile.TemporaryDirectory(prefix="lf-story-") as made:
        folder = Path(made)
        terminal = Timed(folder, begin(folder))
        all_do(terminal, engine, STORY, narrow=False)  # type: ignore[arg-type]
        return terminal.times


def rows_of(times: dict[str, list[dict[str, Any]]]) -> list[Row]:
    """The worst of all, and the commands that take longest."""
    least = {
        command: min(one["first"] or one["all"] if command in WORKS else one["all"] for one in all_)
        for command, all_ in times.items()
    }
    slowest = sorted(least, key=lambda command: -least[command])
    over = sum(seconds > MOST for seconds in least.values())
    rows = [
        Row(f"the slowest of {len(least)} commands", least[slowest[0]], "s", at_most=MOST),
        Row(f"commands over {MOST:g} s of the processor", over, "", at_most=0),
    ]
    return rows + [Row(f"leadflow {one}", least[one], "s") for one in slowest[:SHOWN]]


def main() -> int:
    """Measure, print and write; 1 if a bound does not hold."""
    from leadflow.composition import compose
    from leadflow.settings import get_settings

    console, home = Console(), get_settings().home
    compose()
    with console.status("Typing every command …"):
        times = measured()
    return publish(
        "terminal", "Commands in interpreters of their own", rows_of(times), home, console
    )


if __name__ == "__main__":
    sys.exit(main())
