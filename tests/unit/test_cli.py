"""The command line speaks plainly and starts quickly."""

import os
import subprocess
import sys
from pathlib import Path

from tests.servers import free_port

SERVERS = ("GATEWAY", "PREFECT", "MLFLOW")
HEAVY = ("crewai", "mlflow", "great_expectations", "prefect", "sklearn", "pandas", "lightgbm")


def run(*words: str, home: Path | None = None) -> "subprocess.CompletedProcess[str]":
    extra = {f"LEADFLOW_{name}_PORT": str(free_port()) for name in SERVERS}
    if home is not None:
        extra["LEADFLOW_HOME"] = str(home)
    return subprocess.run(
        [sys.executable, "-m", "leadflow.cli.main", *words],
        env=os.environ | extra | {"COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_line_imports_nothing_heavy_at_its_start() -> None:
    code = f"import sys, leadflow.cli.main; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_servers_a_flow_says_how_to_start_them(tmp_path: Path) -> None:
    told = run("train", home=tmp_path)
    assert told.returncode == 1
    assert "leadflow up" in told.stderr
    assert "Traceback" not in told.stderr


def test_doctor_finds_what_is_there_and_what_is_not(tmp_path: Path) -> None:
    told = run("doctor", home=tmp_path)
    assert told.returncode == 0
    for part in (
        "Python",
        "Packages",
        "PostgreSQL",
        "Audit log",
        "Prefect",
        "Workers",
        "MLflow",
        "Chromium",
    ):
        assert part in told.stdout
    assert "leadflow up" in told.stdout
