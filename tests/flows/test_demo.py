"""``leadflow demo``, ``leadflow down``, and the next morning again: as a newcomer runs it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from leadflow.database import cluster, embedded
from leadflow.database.engine import engine_for
from leadflow.settings import Settings
from tests.servers import free_port

pytestmark = [pytest.mark.servers, pytest.mark.long]
Run = Callable[..., str]
NIGHT = timedelta(hours=10)
PORTS = ("gateway", "prefect", "mlflow", "smtp")
BACK = (
    "UPDATE flow_run SET next_scheduled_start_time = next_scheduled_start_time - :night, "
    "expected_start_time = expected_start_time - :night WHERE state_type = 'SCHEDULED'"
)
HELD = """
    SELECT count(*), count(*) FILTER (WHERE lead_scores.level IN ('cold', 'unqualified'))
    FROM assignments JOIN lead_scores USING (lead_id)
    WHERE ended_at IS NULL AND is_current
"""
BEFORE = """
    SELECT count(*) FROM assignments
    WHERE assigned_at < (SELECT min(since) FROM serving_models)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def leadflow(home: Path) -> Iterator[Run]:
    """The command line on a home of its own; what it printed."""
    own = {f"LEADFLOW_{name.upper()}_PORT": str(free_port()) for name in PORTS}
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEADFLOW_", "PREFECT_"))}
    environment = kept | own | {"LEADFLOW_HOME": str(home), "COLUMNS": "200"}

    def run(*words: str, check: bool = True) -> str:
        command = [sys.executable, "-m", "leadflow.cli.main", *words]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=1200, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    yield run
    run("down", check=False)


def pass_a_night(settings: Settings) -> None:
    """What Prefect had scheduled was due hours ago; its servers are down."""
    embedded.start(settings.home)
    url = cluster.locate(settings).prefect.set(drivername="postgresql+psycopg")
    engine = engine_for(url, pool_size=1)
    with engine.begin() as connection:
        assert connection.execute(text(BACK), {"night": NIGHT}).rowcount > 100
    engine.dispose()
    embedded.stop(settings.home)


def figures(settings: Settings, query: str) -> tuple[int, ...]:
    engine = engine_for(cluster.locate(settings).leadflow, pool_size=1)
    with engine.connect() as connection:
        found = tuple(connection.execute(text(query)).one())
    engine.dispose()
    return found


def passwords(said: str) -> dict[str, str]:
    return dict(re.findall(r"^ *(demo_\w+) +(\S+) *$", said, re.MULTILINE))


def api_key(said: str) -> str:
    [key] = re.findall(r"API key: (lf_\w+)", said)
    return str(key)


def test_the_demo_runs_and_runs_again_the_next_morning(leadflow: Run, home: Path) -> None:
    settings = Settings(home=home)
    first = leadflow("demo", "--leads", "1500")
    held, not_wanted = figures(settings, HELD)
    assert held > 50
    assert not_wanted == 0
    assert "Trying kind 1 of" in first
    assert first.index("demo_manager ") < first.index("Learning from what became")
    if "Proposed: approve." in first:
        assert figures(settings, BEFORE) == (0,)
        assert "is the champion and scores from now on" in first
        assert " by rubric " not in first
    else:
        assert "demo_scientist has rejected it" in first
    assert re.search(r"The welcome series is live, and \d+ leads came in", first)
    leadflow("down")
    pass_a_night(settings)
    again = leadflow("demo", "--leads", "1500")
    assert "Done in" in again
    assert passwords(again) == passwords(first) != {}
    assert api_key(again) == api_key(first)
    assert "Nothing to decide" in again or "cannot be told yet" in again
    assert "is worse" not in again
    assert "come into the welcome series before" in again
