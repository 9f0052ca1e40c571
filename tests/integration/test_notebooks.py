"""Notebooks run on the store, from the first cell to the last."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from sqlalchemy import Engine

from features.moments import all_leads
from leadflow.assignment.routing import sweep
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning import challenger
from leadflow.scoring.serving.score import score_leads
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from models.rubric import Rubric
from tests.feature_sets import make_set
from tests.looking import written
from tests.servers import forget_models

pytestmark = [pytest.mark.servers, pytest.mark.uncounted]
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
READING = (
    "explain_lead",
    "champion_against_challenger",
    "drift_over_time",
    "feature_sets_over_time",
    "who_gets_which_lead",
)


@pytest.mark.long
def test_the_retraining_notebook_registers_a_challenger(store: Engine) -> None:
    settings, now = get_settings(), datetime.now(UTC)
    forget_models(settings)
    simulate(store, settings, seed=5, leads=1200, months=12.0, reps=3, now=now)
    notebook = nbformat.read(NOTEBOOKS / "retrain.ipynb", as_version=4)
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    assert challenger.registry(settings).challenger() is not None
    pictures = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 5


@pytest.fixture(scope="module")
def kernel(engine: Engine) -> Iterator[AsyncKernelManager]:
    """One as `make notebooks` starts it, for all: most of a notebook's time goes into loading the
    same modules."""
    manager = AsyncKernelManager(kernel_name="python3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADFLOW_READ_ONLY", "true")
        run_sync(manager.start_kernel)()
    yield manager
    run_sync(manager.shutdown_kernel)(now=True)


def said_by(kernel: AsyncKernelManager, name: str) -> str:
    """Everything a notebook prints, once it has run to its end; it finds no variable of another."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("%reset -f"))
    NotebookClient(notebook, timeout=240, km=kernel).execute()
    return printed(notebook)


def printed(notebook: nbformat.NotebookNode) -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


def run(name: str) -> str:
    """Everything a notebook prints, once it has run to its end."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    return printed(notebook)


@pytest.mark.long
def test_the_notebooks_of_features_and_of_few_outcomes_hold_what_they_say(store: Engine) -> None:
    settings, now = get_settings(), datetime.now(UTC)
    simulate(store, settings, seed=6, leads=1200, months=12.0, reps=3, now=now)
    before = written(store)
    assert "200 leads: as of a month ago 0 moved, as of now 200 show the meeting" in run(
        "explore_features"
    )
    assert "of the rarer kind: blend" in run("cold_start")
    assert written(store) == before


def test_the_notebook_of_candidates_tries_one_that_may_serve_and_a_yardstick(
    store: Engine, kernel: AsyncKernelManager
) -> None:
    settings, now = get_settings(), datetime.now(UTC)
    simulate(store, settings, seed=6, leads=900, months=12.0, reps=3, now=now)
    before = written(store)
    said = said_by(kernel, "add_a_candidate")
    assert written(store) == before
    assert re.search(r"linear discriminant +[\d.]+ +yes", said)
    assert re.search(r"extra trees +[\d.]+ +no: its log-odds are no sum", said)
    assert "was chosen" in said


def test_the_other_notebooks_run_and_write_nothing(
    store: Engine, kernel: AsyncKernelManager
) -> None:
    settings, now = get_settings(), datetime.now(UTC)
    forget_models(settings)
    simulate(store, settings, seed=6, leads=600, months=9.0, reps=3, now=now)
    with unit_of_work() as session:
        score_leads(session, Rubric.load(), all_leads(now), now, settings)
    with unit_of_work() as session:
        sweep.sweep(session, settings, None, now)
    make_set(now=now - timedelta(days=40), as_of=now - timedelta(days=40))
    make_set(now=now)
    before = written(store)
    said = {name: said_by(kernel, name) for name in READING}
    assert written(store) == before
    found = re.search(
        r"= ([\d.]+), and the score before clipping is ([\d.]+)", said["explain_lead"]
    )
    assert found is not None
    assert float(found[1]) == pytest.approx(float(found[2]), abs=2e-6)
    assert "rubric against rubric: the same" in said["champion_against_challenger"]
    assert "0 checks, 0 of them with a reason to train" in said["drift_over_time"]
    assert "leads were handed out" in said["who_gets_which_lead"]
    assert "at least 50 are needed" in said["who_gets_which_lead"]
    assert "2 sets for serving" in said["feature_sets_over_time"]
    assert re.search(r"[1-9]\d* leads came, 0 went", said["feature_sets_over_time"])


def test_a_notebook_cannot_write_to_the_store(store: Engine, kernel: AsyncKernelManager) -> None:
    writing = (
        "from leadflow.database.engine import unit_of_work\n"
        "from leadflow.leads.tables import Lead\n"
        "with unit_of_work() as session:\n    session.add(Lead(source='notebook'))"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(writing)])
    before = written(store)
    with pytest.raises(CellExecutionError, match="cannot execute INSERT in a read-only"):
        NotebookClient(notebook, timeout=240, km=kernel).execute()
    assert written(store) == before


def test_the_stored_notebook_holds_no_output() -> None:
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs")
