"""The installation is found from where a command is typed, as git finds a repository."""

import sys
from pathlib import Path

import pytest

from leadflow import installation
from leadflow.settings import Settings


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder deep below another, neither of them an installation, with nothing set."""
    for name in ("LEADFLOW_HOME", "LEADFLOW_DEFAULT_CURRENCY"):
        monkeypatch.delenv(name, raising=False)
    deep = tmp_path / "company" / "files"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    return deep


def test_it_is_the_nearest_folder_that_has_one(place: Path) -> None:
    (place.parent / ".leadflow").mkdir()
    assert installation.folder() == place.parent
    (place / ".leadflow").mkdir()
    assert installation.folder() == place


def test_without_one_it_is_where_leadflow_is_installed(place: Path) -> None:
    assert (installation.folder() / "src" / "leadflow" / "installation.py").exists()


def test_a_file_of_settings_marks_one_and_another_program_s_does_not(place: Path) -> None:
    (place / ".env").write_text("DJANGO_SECRET=x\n")
    (place.parent / ".env").write_text("# ours\nLEADFLOW_DEFAULT_CURRENCY=EUR\n")
    assert installation.folder() == place.parent
    assert Settings().default_currency == "EUR"


def test_a_path_in_the_file_is_from_where_the_file_is(place: Path) -> None:
    (place.parent / ".env").write_text("LEADFLOW_HOME=data\nLEADFLOW_AUDIT_FOLDER=heads\n")
    found = Settings()
    assert (found.home, found.audit_folder) == (place.parent / "data", place.parent / "heads")


def test_a_path_in_a_variable_is_from_where_one_is(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.parent / ".leadflow").mkdir()
    monkeypatch.setenv("LEADFLOW_HOME", "data")
    assert Settings().home == place / "data"


def test_a_folder_of_somebody_else_s_is_passed_over(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / ".leadflow").mkdir()
    (place / ".env").write_text("LEADFLOW_DATABASE_URL=postgresql://elsewhere/x\n")
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    assert installation.folder() not in (place, place.parent)


def test_installed_elsewhere_it_is_beside_the_environment_of_the_program(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = place.parent.parent / "service"
    (beside / ".leadflow").mkdir(parents=True)
    monkeypatch.setattr(installation, "_SOURCE", place)
    monkeypatch.setattr(sys, "prefix", str(beside / ".venv"))
    assert installation.folder() == beside
