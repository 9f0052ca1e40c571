"""A background that dies in the middle of its work, again and again: see ``benchmarks.background``,
which does it fifty times."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples import LONG

KILLS = 3 if LONG else 1


@pytest.mark.long
def test_what_a_killed_background_had_begun_is_neither_lost_nor_done_twice(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.background", str(KILLS)]
    # By itself, because it has a store of its own with a secret key of its own.
    env = os.environ | {"LEADFLOW_HOME": str(tmp_path)}
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    [written] = tmp_path.rglob("background.json")
    figures = {row["name"]: row["value"] for row in json.loads(written.read_text())}
    assert figures["acts written"] == KILLS * 50
    assert figures["processes killed"] == KILLS
