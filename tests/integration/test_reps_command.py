"""The sales team on the command line: brought in, looked at, taken out, brought back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from leadflow.assignment.team.file import load_team
from leadflow.cli.main import app

EXAMPLE = Path(__file__).parents[2] / "examples" / "sales_team.yaml"


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["reps", *words], env={"COLUMNS": "250"})


@pytest.fixture
def stored(store: Engine) -> str:
    """The example team, and what was said about it."""
    told = call("import", str(EXAMPLE))
    assert told.exit_code == 0, told.output
    return told.stdout


def test_a_team_is_brought_in_once(stored: str) -> None:
    assert "5 salespeople stored" in stored
    assert "Nothing has changed" in call("import", str(EXAMPLE)).stdout


def test_what_goes_out_is_what_came_in(stored: str, tmp_path: Path) -> None:
    file = tmp_path / "team.yaml"
    call("export", str(file))
    assert call("export").stdout == file.read_text()
    out, given = load_team(file), load_team(EXAMPLE)
    assert out.fallback_owner == given.fallback_owner
    for section, name in (("reps", "id"), ("teams", "name"), ("territories", "name")):
        one, two = (
            {getattr(part, name): part for part in getattr(team, section)} for team in (out, given)
        )
        assert one == two
    assert "Nothing has changed" in call("import", str(file), "--replace").stdout


def test_the_list_says_who_works_how_much_and_where(stored: str) -> None:
    soon = datetime.now(UTC).date() + timedelta(days=20)
    assert f"off on {soon}" in call("off", "emp-001", str(soon)).stdout
    told = call("list").stdout
    for words in ("Dana Whitfield *", "0 of 25", "0 of any number", "everywhere", str(soon)):
        assert words in told
    line = next(line for line in told.splitlines() if "Ravi Menon" in line)
    assert "working" in line


def test_one_salesperson_is_shown_whole(stored: str) -> None:
    told = call("show", "emp-004").stdout
    for words in ("Lucia Ortega", "Europe/Madrid", "50% until 2027-03-31", "mon 09:00-14:00"):
        assert words in told
    unknown = call("show", "emp-999")
    assert (unknown.exit_code, "emp-999" in str(unknown.exception)) == (1, True)


def test_the_tree_shows_who_has_what(stored: str) -> None:
    lines = call("territories").stdout.splitlines()
    depth = {name: next(line.index(name) for line in lines if name in line) for name in AREAS}
    assert depth["United States"] < depth["California"] < depth["Bay Area"]
    assert any("Large companies" in line and "(overlay)" in line for line in lines)
    assert any("Spain" in line and "Lucia Ortega" in line for line in lines)
    assert any("US technology" in line and "nobody" in line for line in lines)


AREAS = ("United States", "California", "Bay Area")


def test_days_off_are_entered_and_a_version_brings_them_back_out(stored: str) -> None:
    told = call("off", "emp-003", "2026-11-30", "2026-12-01")
    assert "emp-003 is off from 2026-11-30 to 2026-12-01" in told.stdout
    assert "2026-11-30 to 2026-12-01" in call("show", "emp-003").stdout
    newest, first = (line.split()[0] for line in call("versions").stdout.splitlines()[1:3])
    assert int(newest) > int(first)
    assert f"that of version {first} again" in call("restore", first).stdout
    assert "2026-11-30" not in call("show", "emp-003").stdout
    assert call("off", "emp-003", "2026-12-01", "2026-11-30").exit_code == 2


def test_a_file_that_makes_no_sense_is_refused_with_every_place(
    store: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "team.yaml"
    file.write_text("reps:\n  - {id: a, name: A, capacity: -1, skills: {crm: 9}}")
    told = call("import", str(file))
    assert told.exit_code == 1
    for words in (str(file), "reps[0].capacity", "reps[0].skills.crm: levels go from 1 to 5"):
        assert words in str(told.exception)


def test_without_a_team_the_next_step_is_named(store: Engine) -> None:
    for command in ("list", "versions"):
        assert "leadflow reps import FILE" in call(command).stdout
    assert "from everywhere" in call("territories").stdout
