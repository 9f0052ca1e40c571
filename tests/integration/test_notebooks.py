"""Notebooks run on the store, from the first cell to the last."""

from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from sqlalchemy import Engine

from leadflow.scoring import learning
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate

pytestmark = pytest.mark.servers
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_the_retraining_notebook_registers_a_challenger(store: Engine) -> None:
    settings, now = get_settings(), datetime.now(UTC)
    simulate(store, settings, seed=5, leads=1200, months=12.0, reps=3, now=now)
    before = learning.registry(settings).challenger()
    notebook = nbformat.read(NOTEBOOKS / "retrain.ipynb", as_version=4)
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    after = learning.registry(settings).challenger()
    assert after is not None
    assert before is None or after.version != before.version
    pictures = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 5


def test_the_stored_notebook_holds_no_output() -> None:
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs")
