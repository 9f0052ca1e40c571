"""A telephone number is read alike at every door, and what is none erases no number."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from leadflow.database.engine import unit_of_work
from leadflow.intake.files import import_file
from leadflow.leads.editing import edit_lead
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.schemas import LeadEdit
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
NAMES = {"phone": "tel", "location": "place", "country": "land"}
MAPPING = parse_mapping({"source": "shop", "key": "id", "fields": NAMES})
Said = dict[str, str]


@pytest.mark.parametrize("door", ["file", "edit"])
@pytest.mark.parametrize(
    ("known", "said", "phone"),
    [
        ({"country": "DE"}, {"phone": "030 1234567"}, "+49301234567"),
        ({"country": "DE"}, {"phone": "Tel. 030 1234567"}, "+49301234567"),
        ({"location": "Berlin, Germany"}, {"phone": "030 1234567"}, "+49301234567"),
        ({"country": "DE"}, {"phone": "030 1234567", "location": "Floor 3"}, "+49301234567"),
        ({"country": "DE"}, {"phone": "01 42 34 56 78", "country": "FR"}, "+33142345678"),
        ({"country": "DE"}, {"phone": "030 1234567", "country": "Atlantis"}, "+49301234567"),
        ({"country": "DE"}, {"phone": "030 9876543"}, "+49309876543"),
        ({}, {"phone": "030 1234567"}, "0301234567"),
        ({"country": "DE"}, {"phone": "call me"}, "+49301234567"),
        (
            {"country": "US", "phone": "+1 415 555 0123"},
            {"phone": "123 45"},
            "+14155550123",
        ),
    ],
)
def test_a_number_is_dialled_from_the_country_that_is_known_of_its_lead(
    store: Engine, tmp_path: Path, door: str, known: Said, said: Said, phone: str
) -> None:
    brought_in(store, tmp_path, {"phone": "+49 30 1234567"} | known, NOW)
    if door == "file":
        brought_in(store, tmp_path, said, LATER)
    else:
        with unit_of_work(store) as session:
            lead = session.scalars(select(Lead)).one()
            edit_lead(session, lead.id, LeadEdit.model_validate(said), LATER)
    with unit_of_work(store) as session:
        lead = session.scalars(select(Lead)).one()
        assert (lead.phone, lead.has_phone) == (phone, True)
        # Nothing newer is kept from what follows by a cell that says nothing.
        if door == "file":
            last = lead.said.get("phone", lead.said["*"])
            assert (last > f"{LATER:%FT%T}") == (said["phone"] not in ("call me", "123 45"))


def brought_in(store: Engine, folder: Path, said: Said, now: datetime) -> None:
    path = folder / "leads.jsonl"
    cells = {column: said.get(name) for name, column in NAMES.items()}
    path.write_text(json.dumps({"id": "1"} | cells))
    assert import_file(path, MAPPING, get_settings(), store, now).set_aside == 0
