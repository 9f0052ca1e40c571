"""The example of the guide, typed as it stands there."""

import os
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner, Result

from leadflow.audit.tables import AuditEntry
from leadflow.cli.access.identity import MayNotHere
from leadflow.cli.main import app
from leadflow.configuration.directory import FilesInvalid
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from tests.guides import sections
from tests.terminal import sign_in

GUIDE = sections("configuration.md")
WRONG = {
    "rules/assignment.yaml": ("large_at_the_booth}", "large_at_the_boot}"),
    "sources/fair.yaml": ("scheme:", "schem:"),
}


@pytest.fixture(autouse=True)
def nobody_signed_in(store: Engine) -> None:
    (get_settings().home / "signed-in" / str(os.getuid())).unlink(missing_ok=True)


@pytest.fixture
def setup(tmp_path: Path) -> Path:
    """The files of the example, each called as its first line says."""
    folder = tmp_path / "setup"
    for language, text in GUIDE["An example"].blocks:
        if language == "yaml":
            path = folder / text.splitlines()[0].removeprefix("# ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return folder


def config(*words: object) -> Result:
    return CliRunner().invoke(app, ["config", *map(str, words)])


def test_the_example_is_applied_exported_and_changes_nothing_again(
    setup: Path, tmp_path: Path
) -> None:
    checked = config("check", setup)
    assert "Would be new in sources: fair" in checked.output
    assert f"leadflow config apply {setup}" in checked.output
    assert config("apply", setup, "--dry-run").exit_code == 0
    assert config("apply", setup).output == GUIDE["An example"].code("text")
    assert "nothing changes" in config("apply", setup).output
    copy = tmp_path / "copy"
    assert "7 files written" in config("export", copy).output
    assert "nothing changes" in config("apply", copy).output
    before = config("export", tmp_path / "past", "--at", "2026-03-01T12:00")
    assert "policies.yaml, campaigns.yaml, rules/workflow.yaml" in before.output
    assert "is to come" in str(config("export", copy, "--at", "2999-03-01").exception)


def test_faults_are_said_as_the_guide_says(setup: Path) -> None:
    for name, (right, wrong) in WRONG.items():
        path = setup / name
        path.write_text(path.read_text().replace(right, wrong))
    told = config("check", setup)
    assert isinstance(told.exception, FilesInvalid)
    assert str(told.exception).startswith(GUIDE["Checking"].code("text"))


def test_whoever_has_signed_in_applies_what_they_may_and_is_in_the_log(setup: Path) -> None:
    sign_in("tim", "sales_manager")
    refused = config("apply", setup)
    assert isinstance(refused.exception, MayNotHere)
    assert "may change the types of events" in str(refused.exception)
    olga = sign_in("olga", "marketing_manager")
    assert config("apply", setup).exit_code == 0
    with unit_of_work() as session:
        acts = select(AuditEntry.action).where(AuditEntry.actor == olga)
        assert {"event_type.declared", "source.applied", "segment.applied", "rules.stored"} <= set(
            session.scalars(acts)
        )
