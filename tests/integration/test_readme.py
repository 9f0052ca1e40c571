"""Whoever pastes the README after the demo, line by line, gets what it says."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from leadflow.campaigns.shipped import welcome
from leadflow.cli.demo.people import ROLES, make_people
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from leadflow.simulation.team import make_team
from tests.gateways import listening
from tests.guides import to_paste

pytestmark = [pytest.mark.uncounted]
PROJECT = Path(__file__).parents[2]
AFTER = "## Bring your own leads"
# They run flows, which a Prefect server records: `tests/flows` runs each.
OF_SERVERS = re.compile(r"leadflow (up|train|score|assign|monitor)\b(?! \w)")
# There is nothing to compare before leads have had their time.
EARLY = ("leadflow performance compare", "at least 50 are needed")
END = "line-has-ended"


def lines() -> list[str]:
    """Every line to paste after the demo."""
    return to_paste((PROJECT / "README.md").read_text().partition(AFTER)[2])


@pytest.fixture
def address(store: Engine) -> Iterator[str]:
    """A gateway of this process."""
    with listening() as there:
        yield there


@pytest.fixture
def folder(tmp_path: Path, store: Engine) -> Path:
    """The project's folder as whoever pastes sees it, with what the demo leaves in the store."""
    for name in ("examples", "docs"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    with unit_of_work() as session:
        welcome.put_in(session, datetime.now(UTC))
    command = tmp_path / ".venv" / "bin" / "leadflow"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m leadflow.cli.main "$@"\n')
    command.chmod(0o755)
    now = datetime.now(UTC)
    simulate(get_engine(), get_settings(), seed=7, leads=100, months=12, reps=12, now=now)
    return tmp_path


def test_what_the_lines_name_is_there_after_the_demo() -> None:
    pasted = "\n".join(lines())
    assert len(lines()) > 25
    files = set(re.findall(r"\bexamples/[\w./-]+", pasted))
    assert files
    assert [name for name in files if not (PROJECT / name).exists()] == []
    assert set(re.findall(r"\bdemo_\w+", pasted)) <= set(ROLES)
    team = {rep.id for rep in make_team(7, 12, 10).reps}
    assert set(re.findall(r"\bsim-[\w-]+", pasted)) <= team
    known: set[str] = {"PWD", "PATH"}
    for line in lines():
        assert set(re.findall(r"\$(\w+)", line)) <= known, line
        known |= set(re.findall(r"^(\w+)=", line))


@pytest.mark.long
def test_every_line_pasted_after_the_demo_does_what_it_says(folder: Path, address: str) -> None:
    password = make_people()["demo_manager"]
    script = ['curl() { command curl --silent --show-error --fail-with-body "$@"; }']
    for line in lines():
        if OF_SERVERS.search(line):
            continue
        line = line.replace("http://127.0.0.1:8000", address)
        if line.startswith("leadflow sign-in"):
            line = f"echo {password} | {line}"
        script += [line, f'code=$?; echo; echo "{END} $code"']
    done = subprocess.run(
        ["bash"],
        input="\n".join(script),
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    pasted = [line for line in lines() if not OF_SERVERS.search(line)]
    said = done.stdout.split(END)
    codes = [part.split()[0] for part in said[1:]]
    failed = [
        f"{line}\n{before[-600:]}"
        for line, code, before in zip(pasted, codes, said, strict=False)
        if code != "0" and not (line.startswith(EARLY[0]) and EARLY[1] in " ".join(before.split()))
    ]
    assert not failed, "\n\n".join(failed)
    assert len(codes) == len(pasted)
