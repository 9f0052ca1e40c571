"""The steps of trying candidates: each kind of model on each part of the past is a task."""

import shutil
import time
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext

from leadflow.settings import Settings
from models.recipe import Elsewhere, Recipe
from models.scorecard import Part
from models.shared_recipe import SharedRecipe
from tasks.workers import begin_worker

# No training takes longer.
LONGEST_SECONDS = 6 * 3600


@task(
    persist_result=False,
    cache_policy=NO_CACHE,
    retries=1,
    timeout_seconds=7200,
    task_run_name="fit {name} on part {part}",
)
def fit_candidate(shared: SharedRecipe, name: str, part: int) -> tuple[Part, float]:
    """A kind of model learned from one part of the data, which lies in files that all reach; and
    the seconds that took."""
    begin_worker()
    shared.load()
    begun = time.perf_counter()
    return shared.learn(name, part), time.perf_counter() - begun


def on_the_task_runner(settings: Settings) -> Elsewhere | None:
    """Learns models as tasks of the run at work, on its task runner; None outside of a run, where
    they are learned one after the other."""
    if FlowRunContext.get() is None:
        return None

    def learn_all(recipe: Recipe, wanted: list[tuple[str, np.ndarray]]) -> list[tuple[Part, float]]:
        parts = {rows.tobytes(): rows for _, rows in wanted}
        numbers = {key: number for number, key in enumerate(parts)}
        folder = _folder(settings)
        try:
            shared = SharedRecipe.write(recipe, list(parts.values()), folder)
            turns = [
                fit_candidate.submit(shared, name, numbers[rows.tobytes()]) for name, rows in wanted
            ]
            return [turn.result() for turn in turns]
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return learn_all


def _folder(settings: Settings) -> Path:
    """A new folder for the data of a training: in home, which workers elsewhere reach too. Those
    that a run left behind which was killed are taken away: they hold what is known of leads."""
    around = settings.home / "learning"
    around.mkdir(parents=True, exist_ok=True)
    for left in around.iterdir():
        if left.stat().st_mtime < time.time() - LONGEST_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    return Path(mkdtemp(dir=around))
