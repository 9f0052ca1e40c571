"""A mapping is the truth about its source: what it says no longer goes, and can come back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from leadflow.database.engine import unit_of_work
from leadflow.intake.files import ImportSummary, import_file
from leadflow.intake.undoing import undo_import
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.imports.dropping import (
    NoSuchAttribute,
    attributes,
    drop_attribute,
    restore_attribute,
)
from leadflow.leads.schemas import LeadIn
from leadflow.leads.tables import Lead
from leadflow.leads.upsert import upsert_leads
from leadflow.scoring.serving.feature_frames import read_training_set
from leadflow.settings import get_settings

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FILE = (
    "id,since,title,staff,sum,place,plan,seats,other,state,closed\n"
    '1,2025-01-01,CEO,10,500,"Austin, TX",pro,999,x,won,2025-02-01\n'
    "2,2025-01-01,Select,20,600,Berlin,Select,5,y,lost,2025-02-01\n"
)
PLAN = {"plan": {"column": "plan", "kind": "categorical"}}
SEATS = {"seats": {"column": "seats", "kind": "numeric"}}
MAPPING: dict[str, Any] = {
    "source": "crm",
    "key": "id",
    "created_at": "since",
    "fields": {"job_title": "title", "company_size": "staff", "budget": "sum", "location": "place"},
    "attributes": PLAN | SEATS,
    "outcome": {"column": "state", "converted": ["won"], "lost": ["lost"], "at": "closed"},
}


def run(
    engine: Engine, path: Path, hours: int = 0, content: str = FILE, **said: Any
) -> ImportSummary:
    path.write_text(content)
    mapping = parse_mapping(MAPPING | said)
    return import_file(path, mapping, get_settings(), engine, NOW + hours * HOUR)


def known(engine: Engine, *names: str) -> list[tuple[Any, ...]]:
    with unit_of_work(engine) as session:
        columns = [getattr(Lead, name) for name in names]
        found = select(*columns).where(Lead.source == "crm").order_by(Lead.external_id)
        return list(session.execute(found).tuples().all())


def learned(engine: Engine) -> set[str]:
    with unit_of_work(engine) as session:
        data = read_training_set(session, NOW, timedelta(days=90))
        return {one.name for one in data.features if one.name.startswith("attributes.")}


def test_a_column_that_is_ignored_later_leaves_leads_and_learning_and_comes_back(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    run(store, path)
    assert learned(store) == {"attributes.plan", "attributes.seats"}
    with unit_of_work(store) as session:
        other = LeadIn(email="a@example.com", source="api", attributes={"seats": 3.0})
        upsert_leads(session, [other], NOW)
    second = run(store, path, 1, attributes=SEATS, ignore={"plan": "Known only after."})
    assert second.taken_out == {"attributes.plan": 2}
    assert known(store, "attributes") == [({"seats": 999.0},), ({"seats": 5.0},)]
    assert learned(store) == {"attributes.seats"}
    with unit_of_work(store) as session:
        # Of no time: a model that learns as of a moment does not see it either.
        past = session.scalars(text("SELECT count(*) FROM lead_history WHERE attributes ? 'plan'"))
        assert past.one() == 0
        listed = {one.name: one for one in attributes(session)}
        assert (listed["plan"].leads, listed["plan"].taken_out) == (0, 2)
        assert restore_attribute(session, "plan") == 2
    assert known(store, "attributes")[0] == ({"seats": 999.0, "plan": "pro"},)
    assert learned(store) == {"attributes.plan", "attributes.seats"}


def test_a_value_that_is_called_missing_later_is_taken_out_whatever_its_kind(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    run(store, path)
    missing = {
        "attributes": {
            "plan": PLAN["plan"] | {"missing": ["Select"]},
            "seats": SEATS["seats"] | {"missing": ["999"]},
        },
        "fields": MAPPING["fields"]
        | {
            "job_title": {"column": "title", "missing": ["Select"]},
            "budget": {"column": "sum", "missing": ["600"]},
        },
    }
    second = run(store, path, 1, **missing)
    assert second.taken_out == {
        "attributes.plan": 1, "attributes.seats": 1, "job_title": 1, "budget": 1,
    }  # fmt: skip
    assert known(store, "job_title", "budget_minor", "attributes") == [
        ("CEO", 50_000, {"plan": "pro"}),
        (None, None, {"seats": 5.0}),
    ]
    with unit_of_work(store) as session:
        assert restore_attribute(session, "job_title") == 1
    assert known(store, "job_title") == [("CEO",), ("Select",)]


@pytest.mark.long
def test_a_field_that_is_not_mapped_any_more_and_a_column_that_is_another_are_taken_out(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    run(store, path)
    content = FILE.replace("Select,5,y", "Select,5,")
    moved = {"plan": {"column": "other", "kind": "categorical"}}
    fields = {"job_title": "title", "company_size": "staff"}
    before = known(store, "budget_minor", "location", "country", "attributes")
    second = run(store, path, 1, content, fields=fields, attributes=moved | SEATS)
    assert known(store, "budget_minor", "location", "country", "attributes") == [
        (None, None, None, {"plan": "x", "seats": 999.0}),
        (None, None, None, {"seats": 5.0}),
    ]
    with unit_of_work(store) as session:
        undo_import(session, second.inbox_id, NOW + 2 * HOUR)
    assert known(store, "budget_minor", "location", "country", "attributes") == before


def test_a_file_that_lacks_the_column_and_what_others_said_change_nothing(
    store: Engine, tmp_path: Path
) -> None:
    run(store, tmp_path / "leads.csv")
    with unit_of_work(store) as session:
        sent = {
            "email": "a@example.com",
            "source": "crm",
            "external_id": "1",
            "attributes": {"plan": "max"},
        }
        upsert_leads(session, [LeadIn.model_validate(sent)], NOW + HOUR)
    few: dict[str, Any] = {"fields": {}, "attributes": {}, "outcome": None, "created_at": None}
    assert run(store, tmp_path / "ids.csv", 2, "id\n1\n2\n", **few).taken_out == {}
    # The other lead's plan goes with its mapping, and this one's of earlier; what a program said
    # of it since does not.
    last = run(store, tmp_path / "leads.csv", 3, attributes=SEATS)
    assert last.taken_out == {"attributes.plan": 2}
    assert known(store, "attributes") == [({"plan": "max", "seats": 999.0},), ({"seats": 5.0},)]


def test_the_first_mapping_given_again_and_an_undone_one_bring_it_back(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    run(store, path)
    run(store, path, 1, attributes=SEATS)
    assert run(store, path, 2).finished_before is None
    assert known(store, "attributes")[0] == ({"plan": "pro", "seats": 999.0},)
    fourth = run(store, path, 3, attributes=PLAN)
    assert known(store, "attributes")[0] == ({"plan": "pro"},)
    with unit_of_work(store) as session:
        undo_import(session, fourth.inbox_id, NOW + 4 * HOUR)
    assert known(store, "attributes")[0] == ({"plan": "pro", "seats": 999.0},)


def test_an_attribute_that_a_person_drops_stays_dropped_until_it_is_restored(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    run(store, path)
    with unit_of_work(store) as session:
        assert drop_attribute(session, "plan", NOW) == 2
        with pytest.raises(NoSuchAttribute, match="attributes restore plan"):
            drop_attribute(session, "plan", NOW)
        with pytest.raises(NoSuchAttribute, match="attributes list"):
            drop_attribute(session, "plans", NOW)
    assert known(store, "attributes")[0] == ({"seats": 999.0},)
    run(store, path, 1, FILE.replace("CEO", "CTO"))
    assert learned(store) == {"attributes.seats"}
    with unit_of_work(store) as session:
        restore_attribute(session, "plan")
    assert learned(store) == {"attributes.plan", "attributes.seats"}
    assert known(store, "attributes")[0] == ({"plan": "pro", "seats": 999.0},)


GROUPS = "id,since,visits,opens,place,land,sum,money,wanted\n"
LATER = GROUPS + "2,2025-01-01,4,6,Bonn,DE,700,EUR,crm\n"
PARTS = {"website_visits": "visits", "email_opens": "opens", "location": "place"} | {
    "country": "land", "budget": "sum", "currency": "money", "service_requirements": "wanted",
}  # fmt: skip
PLAIN: dict[str, Any] = {"attributes": {}, "outcome": None}


@pytest.mark.long
def test_of_values_that_make_sense_together_only_those_of_the_dropped_columns_go(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    first = GROUPS + '1,2025-01-01,3,5,"Austin, TX",US,500,USD,crm\n'
    run(store, path, content=first, fields=PARTS, **PLAIN)
    gone = {"website_visits", "country", "currency"}
    fewer = {name: column for name, column in PARTS.items() if name not in gone}
    second = run(store, path, 1, LATER, fields=fewer, **PLAIN)
    assert second.taken_out == {"website_visits": 1}
    names = ("website_visits", "email_opens", "location", "country", "budget_minor")
    assert known(store, *names)[0] == (None, 5, "Austin, TX", "US", 50_000)
    with unit_of_work(store) as session:
        past = session.scalars(text("SELECT max(website_visits) FROM lead_history"))
        assert past.one() is None
        assert restore_attribute(session, "website_visits") == 1
    assert known(store, *names)[0] == (3, 5, "Austin, TX", "US", 50_000)
    # Without its amount a currency says nothing, and of no column that is mapped a place is not.
    fewer = {name: fewer[name] for name in fewer if name not in {"budget", "location"}}
    run(store, path, 2, LATER, fields=fewer | {"currency": "money"}, **PLAIN)
    assert known(store, *names)[0] == (None, 5, None, None, None)


@pytest.mark.long
def test_a_count_that_is_called_missing_later_goes_alone(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    first = GROUPS + "1,2025-01-01,999,5,Berlin,DE,500,EUR,crm\n"
    run(store, path, content=first, fields=PARTS, **PLAIN)
    fields = PARTS | {"website_visits": {"column": "visits", "missing": ["999"]}}
    assert run(store, path, 1, LATER, fields=fields, **PLAIN).taken_out == {"website_visits": 1}
    assert known(store, "website_visits", "email_opens")[0] == (None, 5)


@pytest.mark.long
def test_a_list_that_is_called_missing_later_is_taken_out(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    rows = (f"{n},2025-01-01,3,5,Berlin,DE,500,EUR,{s}\n" for n, s in ((1, "unknown"), (3, "crm")))
    run(store, path, content=GROUPS + "".join(rows), fields=PARTS, **PLAIN)
    fields = PARTS | {"service_requirements": {"column": "wanted", "missing": ["unknown"]}}
    second = run(store, path, 1, LATER, fields=fields, **PLAIN)
    assert second.taken_out == {"service_requirements": 1}
    assert known(store, "service_requirements") == [(None,), (["crm"],), (["crm"],)]
