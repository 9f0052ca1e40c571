"""Whatever others rely on is written down, so that a change of it is seen in the diff."""

from pathlib import Path

import pytest
from dotenv import dotenv_values

from leadflow.settings import Settings
from tests.surface import PARTS, PROJECT


@pytest.mark.parametrize("name", PARTS)
def test_the_surface_is_as_written_down(name: str) -> None:
    assert (PROJECT / name).read_text() == PARTS[name](), (
        f"{name} is behind. Run `make surface`, and commit what it writes if you meant the change."
    )


def test_nothing_is_written_down_that_is_no_longer_a_part() -> None:
    found = {f"tests/surface/{path.name}" for path in (PROJECT / "tests/surface").glob("*.txt")}
    assert found == {name for name in PARTS if name.startswith("tests/surface/")}


def test_the_example_of_a_settings_file_changes_nothing_until_edited() -> None:
    assert dict(dotenv_values(PROJECT / ".env.example")) == {}


def test_the_example_with_every_line_in_force_gives_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LEADFLOW_{name.upper()}", raising=False)
    lines = (PROJECT / ".env.example").read_text().splitlines()
    example = tmp_path / ".env"
    example.write_text("\n".join(line[2:] for line in lines if line.startswith("# LEADFLOW_")))
    read = Settings(_env_file=example)
    assert read == Settings(_env_file=None)
