"""From a backup under running writes to an installation that goes on elsewhere, with its own
processes: nothing but the key, the exported heads and one file are left of the first."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import free_port

pytestmark = [pytest.mark.servers, pytest.mark.uncounted, pytest.mark.long]


class Installation:
    """Commands and acts in a home of its own."""

    def __init__(self, home: Path, heads: Path) -> None:
        self.home = home
        ports = {f"LEADFLOW_{name}_PORT": str(free_port()) for name in ("GATEWAY", "PREFECT")}
        folders = {"LEADFLOW_HOME": str(home), "LEADFLOW_AUDIT_FOLDER": str(heads)}
        self.variables = os.environ | ports | folders | {"COLUMNS": "250"}

    def command(self, *words: str, fails: bool = False) -> str:
        told = subprocess.run(
            [sys.executable, "-m", "leadflow.cli.main", *words],
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert (told.returncode != 0) == fails, told.stdout + told.stderr
        assert "Traceback" not in told.stderr
        return told.stdout + told.stderr

    def begin(self, act: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "tests.integration.an_installation", act],
            env=self.variables,
            stdout=subprocess.PIPE,
            text=True,
        )

    def act(self, act: str) -> Any:
        running = self.begin(act)
        said, _ = running.communicate(timeout=300)
        assert running.returncode == 0, said
        return json.loads(said.splitlines()[-1]) if said.strip() else None


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lf-kept-") as made:
        # PostgreSQL runs as another user where the tests run as root.
        Path(made).chmod(0o755)
        yield Path(made)


def test_all_there_was_comes_back_elsewhere_and_goes_on(folder: Path) -> None:
    first = Installation(folder / "first", folder / "heads")
    second = Installation(folder / "second", folder / "heads")
    try:
        first.act("fill")
        before = first.act("facts")
        writer = first.begin("write_on")
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        try:
            first.command("backup", str(folder / "kept.backup"))
        finally:
            (first.home / "stop").touch()
            writer.communicate(timeout=120)
        first.act("more")
        lost = first.act("facts")
        assert "is whole" in first.command("backup", "--check", str(folder / "kept.backup"))
        first.command("down")
        key = (first.home / "secret.key").read_text()
        shutil.rmtree(first.home)

        restore = ("restore", str(folder / "kept.backup"), "--why", "the disk had died")
        assert "has no key" in second.command(*restore, fails=True)
        second.home.mkdir(exist_ok=True)
        (second.home / "secret.key").write_text(key)
        told = second.command(*restore)
        assert f"Leads are scored with {'model'} {before['version']}" in told
        assert "already" in second.command(*restore, fails=True)
        _is_as_before(second.act("facts"), before, lost)
        _goes_on(second, lost)
    finally:
        for one in (first, second):
            if one.home.exists():
                one.command("down")


def _is_as_before(after: Any, before: Any, lost: Any) -> None:
    for name in ("leads", "lead_events", "outcomes", "approvals", "serving_models"):
        assert after["counted"][name] == before["counted"][name] > 0, name
    # Whoever came while the backup was made came wholly or not at all.
    assert before["counted"]["people"] < after["counted"]["people"] < lost["counted"]["people"]
    assert (after["champion"], after["totals"]) == (before["champion"], before["totals"])
    assert lost["acts"]["pending-notice"] == "done"
    assert after["acts"]["pending-notice"] == "uncertain"


def _goes_on(second: Installation, lost: Any) -> None:
    told = second.command("audit", "verify", fails=True)
    assert "a backup was restored here" in told
    second.act("export")
    after = second.act("facts")
    assert after["heads"][:-1] == lost["heads"]
    assert after["broken"] is not None
    number = after["broken"][0]
    assert "as it was written" in second.command("audit", "verify", "--since", str(number))
    [act] = [
        word
        for line in second.command("outbox", "list", "--state", "uncertain").split("\n\n")
        for word in line.split()
        if word.startswith("out_") and "pending-notice" in line
    ]
    second.command("outbox", "settle", act, "--why", "they had got it")
    assert second.act("facts")["acts"]["pending-notice"] == "done"
