"""A file that says who had its leads makes past assignments, once, and a team where none is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from leadflow.assignment.tables import Assignment, Rep, RepLoad, Team
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import unit_of_work
from leadflow.intake.files import import_file
from leadflow.leads.files.mapping import parse_mapping
from leadflow.settings import get_settings

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROWS = """id,seller,boss,office,created,stage,closed
1,Ann,Max,North,2025-01-01,Won,2025-01-20
2,Ann,Max,North,2025-01-10,Lost,2025-02-01
3,Bob,Max,North,2025-01-10,Open,
4,,,,2025-01-10,Open,
"""
MAPPING = {
    "source": "old_crm",
    "key": "id",
    "created_at": "created",
    "outcome": {
        "column": "stage",
        "converted": ["Won"],
        "lost": ["Lost"],
        "open": ["Open"],
        "at": "closed",
    },
    "assigned_to": {"rep": "seller", "team": "office", "manager": "boss"},
}


def test_who_had_the_leads_is_recorded_once(store: Engine, tmp_path: Path) -> None:
    file, mapping = tmp_path / "leads.csv", parse_mapping(MAPPING)
    file.write_text(ROWS)
    (tmp_path / "team.yaml").write_text("reps:\n  - {id: Bob, name: Robert, capacity: 7}")
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
    past = import_file(file, mapping, get_settings(), store, NOW).past
    assert past is not None
    assert past.assignments == 3
    again = import_file(file, mapping, get_settings(), store, NOW).past
    assert again is not None
    assert again.assignments == 0
    with unit_of_work() as session:
        statement = select(Rep.external_id, Rep.capacity, RepLoad.open_leads).join(RepLoad)
        people = {name: rest for name, *rest in session.execute(statement)}
        # Ann had two leads at a time from the 10th to the 20th.
        assert people == {"Ann": [2, 0], "Bob": [7, 1], "Max": [0, 0]}
        ended = session.scalars(select(Assignment.end_reason).order_by(Assignment.end_reason))
        assert ended.all() == ["converted", "lost", None]
        assert session.scalars(select(Team.name)).all() == ["North"]


def test_a_file_without_the_column_records_nothing(store: Engine, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(ROWS)
    mapping = parse_mapping({name: said for name, said in MAPPING.items() if name != "assigned_to"})
    assert import_file(file, mapping, get_settings(), store, NOW).past is None
