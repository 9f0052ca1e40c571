"""A command that looks something up loads what it looks up, and not every room: what takes long to
load is not loaded. Each is typed in an interpreter of its own, for others load it for tests."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from leadflow.campaigns.shipped import welcome
from leadflow.database.engine import unit_of_work

HEAVY = (
    "crewai",
    "features.builder",
    "great_expectations",
    "httpx",
    "jsonschema",
    "leadflow.composition",
    "lightgbm",
    "mlflow",
    "numpy",
    "pandas",
    "prefect",
    "prometheus_client",
    "sklearn",
)
TYPED = """
import atexit, sys
atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))
from leadflow.cli.main import main
main()
"""
LOOKS = (
    "campaigns list",
    "approvals list",
    "assignments overdue",
    "keys list",
    "people list",
    "reps list",
    "segments list",
)


@pytest.mark.few(2)
@pytest.mark.uncounted
@pytest.mark.parametrize("words", LOOKS)
def test_a_command_that_looks_something_up_loads_nothing_heavy(store: Engine, words: str) -> None:
    with unit_of_work() as session:
        welcome.put_in(session, datetime.now(UTC))
    done = subprocess.run(
        [sys.executable, "-c", TYPED, *words.split()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[:500]
    loaded = done.stderr.split()
    assert "sqlalchemy.orm" in loaded
    assert [name for name in HEAVY if name in loaded] == []
