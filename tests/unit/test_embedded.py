"""The embedded server's process is told from whatever else its file may name."""

import os
from pathlib import Path

import pytest

from leadflow.database.embedded import data_directory, running_pid


@pytest.mark.parametrize(
    "written",
    # The workers that share out the tests have to agree on their names: no number of a process.
    ["", "words", "-11922\n", "0\n", "999999999\n", pytest.param(str(os.getpid()), id="another")],
)
def test_nobody_else_is_taken_for_it(tmp_path: Path, written: str) -> None:
    assert running_pid(tmp_path) is None
    data_directory(tmp_path).mkdir(parents=True)
    (data_directory(tmp_path) / "postmaster.pid").write_text(written)
    assert running_pid(tmp_path) is None
