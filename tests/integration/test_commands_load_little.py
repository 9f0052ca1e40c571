"""A command that looks something up loads what it looks up, and not every room: what takes long to
load is not loaded. Each is typed in an interpreter of its own, for others load it for tests."""

import subprocess
import sys

import pytest
from sqlalchemy import Engine

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
    "approvals list",
    "assignments overdue",
    "campaigns list",
    "keys list",
    "people list",
    "reps list",
    "segments list",
)


@pytest.mark.few(2)
@pytest.mark.uncounted
@pytest.mark.parametrize("words", LOOKS)
def test_a_command_that_looks_something_up_loads_nothing_heavy(store: Engine, words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TYPED, *words.split()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[:500]
    loaded = done.stderr.split()
    assert "sqlalchemy.orm" in loaded
    assert [name for name in HEAVY if name in loaded] == []
