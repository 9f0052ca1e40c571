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


@pytest.mark.few(4)
@pytest.mark.parametrize("door", ["file", "edit"])
@pytest.mark.parametrize(
    ("known", "said", "phone"),
    [
        ({"country": "DE"}, {"phone": "030 1234567"}, "+49301234567"),
        ({"country": "DE"}, {"phone": "Tel. 030 1234567"}, "+49301234567"),
        ({"location": "Berlin, Germany"}, {"phone": "030 1234567"}, "+49301234567"),
        ({"country": "DE"}, {"phone": "030 1234567", "location": "Floor 3"}, "+49301234567"),
        ({"country": "DE"}, {"phone": "01 42 34 56 78", "country": "FR"}, "+33142345678"),
        ({"country": "DE"}, {"phone": "030 9876543"}, "+49309876543"),
        ({}, {"phone": "030 1234567"}, "0301234567"),
        ({}, {"phone": "+1 415 555 0100 ext. 5"}, "+14155550100;ext=5"),
        ({"country": "US"}, {"phone": "415 555 0100 x5"}, "+14155550100;ext=5"),
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
        assert lead.said.get("phone", lead.said["*"]) > f"{LATER:%FT%T}"


UNREAD = [
    ({"country": "DE"}, {"phone": "call me"}),
    ({"country": "US", "phone": "+1 415 555 0123"}, {"phone": "123 45"}),
    ({"country": "DE"}, {"phone": "ring 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6"}),
]


@pytest.mark.parametrize(("known", "said"), UNREAD)
def test_a_cell_that_is_no_number_erases_none_and_an_edit_of_one_is_refused(
    store: Engine, tmp_path: Path, known: Said, said: Said
) -> None:
    known = {"phone": "+49 30 1234567"} | known
    brought_in(store, tmp_path, known, NOW)
    brought_in(store, tmp_path, said, LATER)
    with unit_of_work(store) as session:
        lead = session.scalars(select(Lead)).one()
        assert lead.phone == known["phone"].replace(" ", "")
        # Nothing newer is kept from what follows by a cell that says nothing.
        assert lead.said.get("phone", lead.said["*"]) < f"{LATER:%FT%T}"
    with pytest.raises(ValueError, match="telephone number"), unit_of_work(store) as session:
        edit_lead(session, lead.id, LeadEdit.model_validate(said), LATER)


def test_a_cell_that_is_no_country_leaves_the_one_that_is_known(
    store: Engine, tmp_path: Path
) -> None:
    brought_in(store, tmp_path, {"country": "DE"}, NOW)
    brought_in(store, tmp_path, {"phone": "030 1234567", "country": "Atlantis"}, LATER)
    with unit_of_work(store) as session:
        assert session.scalars(select(Lead.country)).one() == "DE"
        assert session.scalars(select(Lead.phone)).one() == "+49301234567"


@pytest.mark.parametrize(("said", "country"), [({}, None), ({"country": "DE"}, "DE")])
def test_a_country_goes_with_the_location_it_was_read_out_of_and_stays_where_it_was_said(
    store: Engine, tmp_path: Path, said: Said, country: str | None
) -> None:
    brought_in(store, tmp_path, {"location": "Berlin, Germany"} | said, NOW)
    brought_in(store, tmp_path, {"location": "Floor 3"}, LATER)
    with unit_of_work(store) as session:
        assert session.scalars(select(Lead.country)).one() == country


def brought_in(store: Engine, folder: Path, said: Said, now: datetime) -> None:
    path = folder / "leads.jsonl"
    cells = {column: said.get(name) for name, column in NAMES.items()}
    path.write_text(json.dumps({"id": "1"} | cells))
    assert import_file(path, MAPPING, get_settings(), store, now).set_aside == 0
