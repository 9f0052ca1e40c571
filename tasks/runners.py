"""Where the tasks of a run work: threads of its own process, a Dask cluster or a Ray cluster."""

from collections.abc import Iterable
from importlib.util import find_spec
from socket import create_connection
from typing import Any, NoReturn
from urllib.parse import urlsplit

from prefect.client.schemas.objects import RunInput
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.tasks import Task

from leadflow.settings import Settings, get_settings

AnyRunner = TaskRunner[PrefectFuture[Any]]
# A cluster that is there answers within a fraction of a second.
ANSWER_SECONDS = 10
RAY_PORT = 10001


class TaskRunnerMissing(RuntimeError):
    """The package for the chosen task runner is not installed; the message says which."""


class TaskRunnerAway(RuntimeError):
    """The cluster that tasks should work on does not answer; the message says what to do."""


def task_runner(settings: Settings) -> AnyRunner:
    """The task runner that the settings name, ready to begin.

    Raises:
        TaskRunnerMissing: its package is not installed.
        TaskRunnerAway: nothing answers at its address.
    """
    if settings.task_runner == "dask":
        return _dask(settings)
    if settings.task_runner == "ray":
        return _ray(settings)
    return ThreadPoolTaskRunner(max_workers=settings.task_runner_workers)  # type: ignore[return-value]


class RunnerOfSettings(TaskRunner[PrefectFuture[Any]]):
    """Stands in a flow's decorator for the task runner that the settings name as a run begins.

    Prefect begins each run with a duplicate of what the decorator says: that is the real one.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def duplicate(self) -> AnyRunner:  # type: ignore[override]
        return task_runner(get_settings())

    def submit(
        self,
        task: "Task[Any, Any]",
        parameters: dict[str, Any],
        wait_for: Iterable[PrefectFuture[Any]] | None = None,
        dependencies: dict[str, set[RunInput]] | None = None,
    ) -> NoReturn:
        raise RuntimeError("Tasks are submitted to the duplicate that a run begins with.")


def _dask(settings: Settings) -> AnyRunner:
    _see_installed("prefect_dask", "dask")
    from prefect_dask import DaskTaskRunner

    address = settings.task_runner_address
    if address is not None:
        _see_dask_answers(address)
        found: AnyRunner = DaskTaskRunner(address=address)
        return found
    own = {
        "n_workers": settings.task_runner_workers,
        # What a worker does is mostly Python, of which a process does one thing at a time.
        "threads_per_worker": 1,
        "dashboard_address": None,
    }
    made: AnyRunner = DaskTaskRunner(cluster_kwargs=own)
    return made


def _ray(settings: Settings) -> AnyRunner:
    _see_installed("prefect_ray", "ray")
    from prefect_ray import RayTaskRunner

    address = settings.task_runner_address
    if address is None:
        made: AnyRunner = RayTaskRunner(init_kwargs={"num_cpus": settings.task_runner_workers})
        return made
    _see_listens(address)
    found: AnyRunner = RayTaskRunner(address=address)
    return found


def _see_installed(module: str, extra: str) -> None:
    if find_spec(module) is None:
        raise TaskRunnerMissing(
            f"LEADFLOW_TASK_RUNNER is {extra}, and its package is not installed. Install it "
            f"(uv sync --extra {extra}, or pip install 'leadflow[{extra}]'), or set "
            "LEADFLOW_TASK_RUNNER to threads."
        )


def _see_dask_answers(address: str) -> None:
    from distributed import Client

    try:
        with Client(address, timeout=ANSWER_SECONDS, set_as_default=False) as client:
            workers = client.scheduler_info(n_workers=-1)["workers"]
    except (OSError, ValueError) as error:
        raise TaskRunnerAway(
            f"No Dask scheduler answers at {address} (LEADFLOW_TASK_RUNNER_ADDRESS). Start one "
            "(dask scheduler), mend the address, or set LEADFLOW_TASK_RUNNER to threads."
        ) from error
    if not workers:
        raise TaskRunnerAway(
            f"The Dask scheduler at {address} has no workers. Start some where Leadflow is "
            f"installed and set up: dask worker {address} --nthreads 1"
        )


def _see_listens(address: str) -> None:
    """Ray itself tries for minutes."""
    place = urlsplit(address)
    try:
        with create_connection((place.hostname, place.port or RAY_PORT), ANSWER_SECONDS):
            return
    except (OSError, ValueError) as error:
        raise TaskRunnerAway(
            f"No Ray cluster answers at {address} (LEADFLOW_TASK_RUNNER_ADDRESS). Start one "
            "(ray start --head), mend the address, or set LEADFLOW_TASK_RUNNER to threads."
        ) from error
