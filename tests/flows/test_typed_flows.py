"""The commands that run a flow, each typed in a process of its own beside a Prefect server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from tests.ai_endpoints import LLMock
from tests.flows.test_assignment import TEAM
from tests.flows.test_qualification import GOOD, put
from tests.servers import forget_models
from tests.typed import Terminal, terminal

pytestmark = [pytest.mark.servers, pytest.mark.uncounted]


@pytest.fixture
def typed(prefect: object, store: Engine, tmp_path: Path) -> Iterator[Terminal]:
    """A terminal at the tests' installation, whose Prefect server is up."""
    with terminal(tmp_path, LEADFLOW_MODEL_NAME="typed-flows") as there:
        yield there
    forget_models(get_settings().model_copy(update={"model_name": "typed-flows"}))


def succeeds(typed: Terminal, words: str, said: str) -> None:
    told = typed.type(*words.split())
    plain = " ".join(told.all.split())
    assert (told.code, said in plain) == (0, True), (words, plain)
    assert "Traceback" not in plain, words


def number(store: Engine, sql: str) -> object:
    with store.connect() as connection:
        return connection.execute(text(sql)).scalar_one()


def test_a_flow_is_run_from_the_terminal(typed: Terminal, store: Engine, tmp_path: Path) -> None:
    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
    put(3)
    succeeds(typed, "assign", "3 leads assigned")
    assert number(store, "SELECT count(*) FROM assignments WHERE ended_at IS NULL") == 3


@pytest.mark.long
def test_every_other_flow_is_run_from_the_terminal(
    typed: Terminal, store: Engine, llmock: LLMock
) -> None:
    now = datetime.now(UTC)
    simulate(store, get_settings(), seed=5, leads=600, months=12.0, reps=3, now=now)
    succeeds(typed, "score --all", "600 leads scored")
    scored = "SELECT count(*) FROM lead_scores WHERE is_current"
    assert number(store, scored) == 600
    succeeds(typed, "checks run", "scores: 11 of 11 expectations hold in 600 rows.")
    put(1)
    llmock.script(*({"type": "reply", "text": json.dumps(each)} for each in GOOD))
    ai = {"BASE_URL": llmock.url, "API_KEY": "key", "LEVELS": "hot,warm,cold,unqualified"}
    typed.environment |= {f"LEADFLOW_AI_{name}": value for name, value in ai.items()}
    succeeds(typed, "qualify --limit 1", "1 lead qualified")
    assert number(store, "SELECT count(*) FROM ai_qualifications WHERE status = 'answered'") == 1
    succeeds(typed, "train", "waits for people: approval")
    assert number(store, "SELECT count(*) FROM approvals WHERE kind = 'model_promotion'") == 1
    succeeds(typed, "monitor", "")
    assert number(store, "SELECT count(*) FROM model_checks") == 1
