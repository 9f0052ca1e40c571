"""Scoring all leads, and trying candidates, on a Dask cluster of two processes beside threads.

Run it with ``python -m benchmarks.scaling [LEADS]`` (1,000,000 unless said): a store, a Prefect
server and the clusters of its own, gone afterwards. The rubric scores: what differs between the
task runners is the same for every model.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psutil
from rich.console import Console

from benchmarks.own_store import own_store
from benchmarks.rows import Row, publish
from benchmarks.scoring import forget_scores
from benchmarks.store import NOW, fill

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from leadflow.scoring.serving.feature_frames import TrainingSet
    from leadflow.settings import Settings

LARGE, WORKERS = 1_000_000, 2
# On a machine that others measure on.
START_SECONDS = 900


@contextmanager
def prefect_up() -> Iterator[None]:
    """A Prefect server that flows of this process report to."""
    from leadflow.settings import get_settings
    from leadflow.supervisor.child import Child
    from leadflow.supervisor.environment import environment
    from leadflow.supervisor.services import prefect_server
    from tests.servers import free_port

    os.environ["LEADFLOW_PREFECT_PORT"] = str(free_port())
    get_settings.cache_clear()
    settings = get_settings()
    os.environ.update(environment(settings))
    server = Child(prefect_server(settings), settings.home / "logs")
    try:
        server.wait_healthy(START_SECONDS)
        yield
    finally:
        server.terminate()
        server.end(time.monotonic() + 10)


@contextmanager
def dask_up(workers: int) -> Iterator[None]:
    """Runs that begin now work on a cluster of so many processes."""
    from distributed import LocalCluster

    own = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**own) as cluster:
        address = {"LEADFLOW_TASK_RUNNER_ADDRESS": cluster.scheduler_address}
        with _settings(LEADFLOW_TASK_RUNNER="dask", **address):
            yield


@contextmanager
def _settings(**variables: str) -> Iterator[None]:
    from leadflow.settings import get_settings

    os.environ.update(variables)
    get_settings.cache_clear()
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]
        get_settings.cache_clear()


def scored(engine: "Engine", console: Console, words: str) -> float:
    """Leads a second of the flow ``score_leads``, from its start to its end."""
    from flows.score_leads import score_leads

    forget_scores(engine)
    before, started = processor_seconds(), time.monotonic()
    leads = score_leads(as_of=NOW)
    seconds = time.monotonic() - started
    console.print(f"{words}: {leads:,} leads in {seconds:.1f} s; processor seconds:")
    for name, used in processor_seconds().items():
        console.print(f"  {name:24} {used - before.get(name, 0.0):7.1f}")
    return leads / seconds


def processor_seconds() -> dict[str, float]:
    """What this process, the workers it started and PostgreSQL have used, by name."""
    used: dict[str, float] = {}
    this = psutil.Process()
    for process in [this, *this.children(recursive=True), *_postgres()]:
        try:
            times, words = process.cpu_times(), " ".join(process.cmdline())
        except psutil.Error:
            continue
        name = _name(process.pid, words)
        # What has ended counts with who started it.
        used[name] = used.get(name, 0.0) + times.user + times.system
        if name == "PostgreSQL":
            used[name] += times.children_user + times.children_system
    return used


def _name(pid: int, words: str) -> str:
    if pid == os.getpid():
        return "the flow's process"
    if "postgres" in words:
        return "PostgreSQL"
    return f"Dask worker {pid}" if "multiprocessing" in words else "Prefect and others"


def _postgres() -> list[psutil.Process]:
    home = os.environ["LEADFLOW_HOME"]
    roots = [
        process
        for process in psutil.process_iter(["cmdline"])
        if home in " ".join(process.info["cmdline"] or ()) and "postgres" in process.name()
    ]
    return [one for root in roots for one in (root, *root.children(recursive=True))]


def tried(data: "TrainingSet") -> float:
    """Seconds to fit every kind of model on every part of the past, on the task runner."""
    from prefect import flow

    from leadflow.settings import get_settings
    from models.candidates import CANDIDATES, YARDSTICK
    from models.recipe import Recipe
    from models.refitting import Refitting
    from tasks.fitting import on_the_task_runner
    from tasks.runners import RunnerOfSettings

    recipe = Recipe.of(data.frame, data.converted, data.moments, data.features, 0)
    past = Refitting.of(recipe, None).past

    @flow(task_runner=RunnerOfSettings())
    def trying() -> float:
        elsewhere = on_the_task_runner(get_settings())
        assert elsewhere is not None
        # Each worker reads the data and loads its libraries once.
        recipe.learn_at_once(CANDIDATES, past[: len(past) // 10], elsewhere, whole=True)
        started = time.monotonic()
        recipe.learn_at_once((*CANDIDATES, YARDSTICK), past, elsewhere, whole=True)
        return time.monotonic() - started

    return trying()


def measure(engine: "Engine", settings: "Settings", leads: int, console: Console) -> list[Row]:
    """All rows."""
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.serving.feature_frames import read_training_set

    with console.status(f"Making {leads:,} leads with ten events each …"):
        fill(engine, settings, leads)
    with unit_of_work() as session:
        data = read_training_set(session, NOW, timedelta(days=settings.horizon_days))
    some = slice(0, min(len(data.converted), 40_000))
    data = _first(data, some)
    threads = scored(engine, console, f"{WORKERS} threads")
    with dask_up(WORKERS):
        dask = scored(engine, console, f"{WORKERS} Dask workers")
        two = tried(data)
    with dask_up(1):
        one = tried(data)
    named = f"{WORKERS} threads of the run"
    share = dask / threads
    return [
        Row(
            f"{leads:,} leads on {WORKERS} Dask workers",
            dask,
            "a second",
            None,
            None,
            named,
            threads,
        ),
        Row("Dask over threads", share, "times", at_least=0.9),
        Row(
            f"candidates on {len(data.converted):,} leads, 2 Dask workers",
            two,
            "s",
            None,
            None,
            "1 worker",
            one,
        ),
        Row("candidates, 2 workers over 1", one / two, "times", at_least=1.5),
    ]


def _first(data: "TrainingSet", some: slice) -> Any:
    from dataclasses import replace

    return replace(
        data,
        frame=data.frame.iloc[some],
        converted=data.converted[some],
        moments=data.moments[some],
        ever=data.ever[some],
    )


def main() -> int:
    """Measure, print and write; 1 if a bound does not hold."""
    from leadflow.settings import get_settings

    console, home = Console(), get_settings().home
    leads = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    with own_store() as (engine, settings), prefect_up():
        rows = measure(engine, settings, leads, console)
    return publish("scaling", "Task runners: two Dask workers and threads", rows, home, console)


if __name__ == "__main__":
    sys.exit(main())
