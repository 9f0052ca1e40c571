"""An import takes the place of earlier ones of the same file and source, and of no others."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from leadflow.database.engine import unit_of_work
from leadflow.database.tables import InboxRow
from leadflow.intake import files
from leadflow.intake.files import import_file
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.files.storing.origins import origin_of
from leadflow.leads.tables import QuarantinedRow
from leadflow.settings import get_settings

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MAPPING: dict[str, Any] = {"source": "crm", "key": "id", "fields": {"company_size": "staff"}}
FILE = "id,staff\n1,10\n2,few\n"


def run(engine: Engine, tmp_path: Path, hours: int, **said: Any) -> str:
    path = tmp_path / "leads.csv"
    path.write_text(FILE)
    mapping, now = parse_mapping(MAPPING | said), NOW + hours * HOUR
    return import_file(path, mapping, get_settings(), engine, now).inbox_id


def waiting(engine: Engine) -> list[str]:
    """The imports whose rows wait."""
    with unit_of_work(engine) as session:
        wanted = select(QuarantinedRow.inbox_id).where(QuarantinedRow.status == "waiting")
        return sorted(session.scalars(wanted))


def test_another_source_of_the_same_file_keeps_its_rows_and_its_time(
    store: Engine, tmp_path: Path
) -> None:
    first = run(store, tmp_path, 0)
    other = parse_mapping(MAPPING | {"source": "shop"})
    second = run(store, tmp_path, 1, source="shop")
    assert waiting(store) == [first, second]
    with unit_of_work(store) as session:
        origin = origin_of(session, session.get_one(InboxRow, second), other)
    assert (origin.handed_over_at, origin.replaces) == (NOW + HOUR, frozenset())


def test_an_interrupted_import_that_goes_on_keeps_what_a_newer_one_has_set_aside(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    corrected = {"fields": {"company_size": {"column": "staff", "missing": ["-"]}}}
    with monkeypatch.context() as patched:
        patched.setattr(files, "_finish", interrupted)
        for said in ({}, corrected):
            with pytest.raises(KeyboardInterrupt):
                run(store, tmp_path, 0, **said)
    older, newer = waiting(store)
    assert run(store, tmp_path, 1) == older
    assert waiting(store) == [older, newer]
    assert run(store, tmp_path, 2, **corrected) == newer
    assert waiting(store) == [newer]
