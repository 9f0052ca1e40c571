"""Simulated campaigns: how long 100,000 leads through a series of thirty days take, the whole
command, beside the leads of scenarios, one after another.

Run it with ``python -m benchmarks.simulating [LEADS]``.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from benchmarks.rows import Row, publish

LEADS, DAYS, SAMPLE = 100_000, 30, 200
SERIES = Path(__file__).parents[1] / "examples" / "campaigns" / "welcome_series.yaml"


def command(leads: int) -> float:
    """The seconds that the command takes, from its start to its end."""
    typed = ["campaigns", "simulate", str(SERIES), "--leads", str(leads), "--days", str(DAYS)]
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "leadflow.cli.main", *typed],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def one_by_one(sample: int) -> float:
    """The seconds that a lead takes in a scenario of the same campaign, on average."""
    from functools import partial

    from leadflow.campaigns.definitions.reading import read_campaigns
    from leadflow.campaigns.files import read_files, read_scenario_files
    from leadflow.campaigns.scenarios.running import run
    from leadflow.workflow.catalogue import ACTIONS, model_of

    read = partial(read_campaigns, actions=model_of(ACTIONS.values()))
    files = read_files([SERIES], read)
    [program] = files[SERIES].values()
    scenarios = read_scenario_files(files)[SERIES]
    # Places of towns are read once.
    run(program, scenarios[0])
    started = time.monotonic()
    for number in range(sample):
        run(program, scenarios[number % len(scenarios)])
    return (time.monotonic() - started) / sample


def main(asked: list[str]) -> int:
    """Measure, print and write; 1 if a bound does not hold."""
    from leadflow.composition import compose
    from leadflow.settings import get_settings

    console, home = Console(), get_settings().home
    count = int(asked[0]) if asked else LEADS
    compose()
    with console.status(f"{count:,} leads, {DAYS} days …"):
        seconds = command(count)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    with console.status("Scenarios, one after another …"):
        alone = one_by_one(SAMPLE)
    rows = [
        Row(
            f"simulating {count:,} leads, {DAYS} days, the whole command",
            seconds,
            "s",
            at_most=30.0 if count == LEADS else None,
            peer="scenarios, one lead after another, by a sample",
            peer_value=alone * count,
        ),
        Row("… memory, most held by one process", most, "MiB", at_most=1024.0),
    ]
    return publish("simulating", "Simulated campaigns", rows, home, console)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
