"""A directory of configuration, and a sales team."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from leadflow.assignment.team.versions import load_team, store_team
from leadflow.campaigns.shipped.welcome import put_in
from leadflow.database.engine import unit_of_work
from tests.integration.configuration.made_up import NOW, PROJECT


@pytest.fixture(autouse=True)
def welcome_series(request: pytest.FixtureRequest) -> None:
    """What every installation has from the start."""
    if "session" in request.fixturenames:
        put_in(request.getfixturevalue("session"), NOW)
    elif {"store", "client", "anonymous"} & {*request.fixturenames}:
        request.getfixturevalue("store")
        with unit_of_work() as session:
            put_in(session, NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "setup"


@pytest.fixture
def put(folder: Path) -> Callable[..., Path]:
    """Write files of the directory, by their names."""

    def write(files: dict[str, str | bytes]) -> Path:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    return write


@pytest.fixture
def team(session: Session) -> None:
    """Salespeople, without whom there are no territories."""
    store_team(session, load_team(PROJECT / "examples" / "sales_team.yaml"), "test")
