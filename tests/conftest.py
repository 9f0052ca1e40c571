"""Every test run has a home, a PostgreSQL and keys of its own, and takes them away at the end."""

import gc
import os
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, is_hypothesis_test
from hypothesis import settings as hypothesis_settings
from hypothesis.internal.conjecture import providers
from xdist.scheduler import LoadFileScheduling

from tests.counting import load_others_unwatched
from tests.examples import LONG, examples
from tests.expecting import remembering
from tests.servers import empty, free_port
from tests.typed import end as end_typing

load_others_unwatched()

# Set before anything reads settings: a short path, because a socket's path must stay short.
HOME = Path(tempfile.mkdtemp(prefix="leadflow-test-"))
os.environ["LEADFLOW_HOME"] = str(HOME)
os.environ.pop("LEADFLOW_DATABASE_URL", None)
os.environ["LEADFLOW_FLOW_PACKAGES"] = "flows,tests"
# As in production, wherever the tests are started.
os.environ["LEADFLOW_LOG_FORMAT"] = "json"
# Tests run side by side: threads of one calculation would only wait for each other, and that at
# full speed. Learning from a few hundred leads took three times as long.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# A test says how wide its terminal is; tests run side by side are given 80 columns.
os.environ.pop("COLUMNS", None)

# How long something takes is for benchmarks: a busy machine breaks no promise.
hypothesis_settings.register_profile(
    "leadflow",
    deadline=None,
    max_examples=examples(),
    # The same examples each time: what breaks is the change. `make test-long` looks for new ones.
    derandomize=not LONG,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("leadflow")
if not LONG:
    # It reads every module that is loaded for the numbers and words in it. Examples would be others
    # with every change anywhere, and reading takes each process seconds.
    providers._get_local_constants = lambda: providers._local_constants

for name in ("GATEWAY", "PREFECT", "MLFLOW"):
    os.environ[f"LEADFLOW_{name}_PORT"] = str(free_port())

import typer.testing
from argon2 import PasswordHasher
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from expectations import loading
from leadflow.accounts import passwords
from leadflow.composition import ROOMS, Room, compose
from leadflow.settings import get_settings
from leadflow.supervisor.environment import environment
from tests.made_up import PAINT

# Each command that is run in this process would make the parser of all of them anew.
typer.testing._get_command = cache(typer.testing._get_command)  # type: ignore[attr-defined]
# Great Expectations writes down each expectation anew some fifty times to check it once.
loading.great_expectations = remembering(  # type: ignore[assignment]
    loading.great_expectations
)
# A password takes a tenth of a second on purpose; here nobody is kept from guessing.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
compose((*ROOMS, Room("tests", acts=(PAINT,))))
# Prefect reads its settings as it is imported, which some test modules do at once.
os.environ.update(environment(get_settings()))


# Each of these has the processes of a whole installation at work, and waits for them: they run one
# after another, beside all others.
OF_SERVERS = ("tests/flows/", "tests/browser/test_gate.py")
# These have one Chromium at work at a time, and nothing else outside of their process.
OF_BROWSER = ("tests/browser/",)
# Waits for minutes: begun last, it would be waited for alone.
OF_WAITING = ("tests/integration/test_up_and_down.py",)
# And these have the same three models registered, which takes longer than most of them.
OF_MODELS = tuple(
    f"tests/integration/test_{name}.py"
    for name in (
        "leaks_at_the_gate",
        "mlflow_record",
        "models_command",
        "refused_models",
        "registering_undone",
        "serving_record",
        "standing_challenger",
        "model_gone",
        "versions_gone",
    )
)
# The first that a file is of.
TOGETHER = {"servers": OF_SERVERS, "browser": OF_BROWSER, "models": OF_MODELS}
# Of the processor, for each file.
COUNTED_SECONDS = 3.0
SPENT: defaultdict[Path, float] = defaultdict(float)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files are shared out among the processes; those of servers all go to one, and so do those of
    the browser and those of the registered models."""
    scheduler = LoadFileScheduling(config, log)
    of_file = scheduler._split_scope
    scheduler._split_scope = lambda nodeid: next(
        (shared for shared, those in TOGETHER.items() if nodeid.startswith(those)), of_file(nodeid)
    )
    return scheduler


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Every process loads the same files: which lines that runs is counted in the first of them."""
    counter = _counter(session.config)
    if counter is None or os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
        return (yield)
    counter.pause()
    try:
        return (yield)
    finally:
        counter.resume()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits longest comes first. Of a test that is marked ``few`` the first of its values stay
    in ``make test``.

    What a property tries a hundred times is not counted each time, nor what tests of servers and
    pages run, which is counted where it is tried alone."""
    items.sort(key=lambda item: not item.nodeid.startswith((*OF_SERVERS, *OF_WAITING)))
    tried: Counter[tuple[Path, str]] = Counter()
    for item in items:
        few = item.get_closest_marker("few")
        if few is not None:
            test = item.path, item.name.split("[")[0]
            tried[test] += 1
            if tried[test] > few.args[0]:
                item.add_marker(pytest.mark.long)
        of_others = item.nodeid.startswith((*OF_SERVERS, *OF_BROWSER))
        if of_others or is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.uncounted)


def pytest_collection_finish() -> None:
    """What was loaded with the tests stays until the end: looking through it for what could be
    freed, time and again, took a twelfth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Counting the lines that are run doubles the time, and makes other people's code, where
    learning spends it, three times as slow. So the tests of a file are counted until they have
    taken some seconds, and few lines are left for those after them; tests marked ``uncounted`` go
    without, from their fixtures to their end. What is counted is less than what is covered, never
    more."""
    counter = _counter(item.config)
    if counter is None:
        return (yield)
    began, counted = time.process_time(), _is_counted(item)
    if not counted:
        counter.pause()
    try:
        return (yield)
    finally:
        if counted:
            SPENT[item.path] += time.process_time() - began
        else:
            counter.resume()


def _counter(config: pytest.Config) -> Any:
    """What counts lines and branches, or None where nothing does."""
    plugin = config.pluginmanager.getplugin("_cov")
    return None if plugin is None else plugin.cov_controller


def _is_counted(item: pytest.Item) -> bool:
    return item.get_closest_marker("uncounted") is None and SPENT[item.path] < COUNTED_SECONDS


def pytest_sessionfinish() -> None:
    from leadflow.database import embedded

    end_typing()
    embedded.stop(HOME)
    shutil.rmtree(HOME, ignore_errors=True)


pytest_plugins = [
    "tests.servers",
    "tests.ai_endpoints",
    "tests.integration.registered_models",
]


@pytest.fixture(scope="session")
def home() -> Path:
    """The folder this test run keeps everything in."""
    return HOME


@pytest.fixture(scope="session")
def engine() -> Engine:
    """A real PostgreSQL with the newest schema, as its owner, who may do what the application may
    not: empty tables, switch off triggers. The application's own sessions are `unit_of_work()`."""
    from leadflow.database import cluster
    from leadflow.database.engine import get_owner_engine
    from leadflow.database.migrate import upgrade

    cluster.ensure_databases(cluster.locate(get_settings()))
    upgrade(get_owner_engine())
    with get_owner_engine().connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        # It would count tables whose rows a test has not committed as empty, and the plans of that
        # test's queries would be made for empty tables.
        connection.execute(text("ALTER SYSTEM SET autovacuum = off"))
        # Nothing here outlives the machine: what is written need not reach its disk.
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(text(f"ALTER SYSTEM SET {name} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    return get_owner_engine()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose work is rolled back after the test."""
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            yield session
        transaction.rollback()


@pytest.fixture
def background(store: Engine) -> Iterator[None]:
    """What a background process does, in threads of this one."""
    from leadflow.background.process import running

    with running(get_settings()):
        yield


@pytest.fixture
def store(engine: Engine) -> Iterator[Engine]:
    """A store that tests commit to; every table is emptied afterwards."""
    yield engine
    empty(engine)
