"""The real files, where they are; and importing them as the example mappings say."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from leadflow.intake.files import ImportSummary, import_file
from leadflow.leads.files.mapping import load_mapping
from leadflow.settings import get_settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MAPPINGS = Path(__file__).parents[2] / "examples" / "mappings"
FILES = {
    "bank_marketing": "bank_marketing/bank-additional-full.csv",
    "hillstrom": "hillstrom/hillstrom.csv",
    "maven_crm": "maven_crm/sales_pipeline.csv",
}
BringIn = Callable[..., ImportSummary]


def real_file(name: str) -> Path:
    """The file of this data set; skips the test where it is absent."""
    path = get_settings().real_data / FILES[name]
    if not path.exists():
        pytest.skip(f"{FILES[name]} is not in LEADFLOW_REAL_DATA ({get_settings().real_data})")
    return path


@pytest.fixture
def bring_in(store: Engine, tmp_path: Path) -> BringIn:
    """Import a data set by its example mapping: all of it, or its first rows."""

    def _bring_in(name: str, first: int | None = None) -> ImportSummary:
        path = real_file(name)
        if first is not None:
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[: first + 1]
            path = tmp_path / path.name
            path.write_text("".join(lines), encoding="utf-8")
        mapping = load_mapping(MAPPINGS / f"{name}.yaml")
        return import_file(path, mapping, get_settings(), store, NOW)

    return _bring_in
