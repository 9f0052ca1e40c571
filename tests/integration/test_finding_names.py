"""A lead is found by its name wherever that came from, and by no name that it has no longer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work
from leadflow.intake.files import import_file
from leadflow.intake.undoing import undo_import
from leadflow.leads.editing import edit_lead
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.finding.search_indexes import is_called, works_at
from leadflow.leads.imports.taking_out import TakeOut, put_back, take_out
from leadflow.leads.schemas import LeadEdit, LeadIn
from leadflow.leads.tables import Lead
from leadflow.leads.upsert import upsert_lead
from leadflow.privacy.cipher_in_use import get_cipher
from leadflow.privacy.name_index import beginnings, is_too_short, ways_of, words
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from tests.integration.earlier_store import earlier_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAPPING: dict[str, Any] = {
    "source": "crm",
    "key": "id",
    "fields": {"email": "mail", "first_name": "first", "last_name": "last"},
}


def called(session: Session, name: str) -> int:
    """How many leads are found by a name."""
    return len(session.scalars(select(Lead.id).where(is_called(ways_of(name)))).all())


def lead_in(**fields: Any) -> LeadIn:
    return LeadIn.model_validate({"email": "ada@example.com"} | fields)


def test_words_are_compared_without_accents_and_capitals() -> None:
    assert words("Zoë  O'Brien-Müller") == ["zoe", "obrien", "muller"]
    assert words("Łukasz ØSTERGÅRD Weiß") == ["lukasz", "ostergard", "weiss"]
    assert words("Дмитрий 李") == ["дмитрии", "李"]
    assert beginnings("Li Anna") == {"li", "ann", "anna"}
    assert words(" - ") == []


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("Anne-Marie", "Curie", "anne-m"),
        ("Anne-Marie", "Curie", "anne m cur"),
        ("Sinéad", "O'Brien", "O Brien"),
        ("Sinéad", "O'Brien", "o’bri"),
        ("Sinéad", "O Brien", "O'Brien"),
        ("Sinéad", "O'Brien", "sinead o b"),
        ("Gianni", "D'Angelo", "d angelo"),
        ("Bo", "Li Wang", "li wang"),
        ("李", "明", "李"),
        ("Zoë", "Müller", "mü\u200bll\u00ader"),
    ],
)
def test_a_name_is_found_however_its_short_words_are_cut(
    session: Session, first: str, last: str, said: str
) -> None:
    upsert_lead(session, lead_in(first_name=first, last_name=last), NOW)
    upsert_lead(session, lead_in(email="b@example.com", first_name="Ann", last_name="Other"), NOW)
    assert called(session, said) == 1
    assert not is_too_short(said)


@pytest.mark.parametrize("said", ["o'b", "Li", "j. r.", "\u200ban\u200b", "-"])
def test_less_than_three_letters_that_are_nobodys_whole_name_are_refused_and_it_is_said_how_many(
    client: TestClient, said: str
) -> None:
    sent = {"email": "bo@example.com", "first_name": "Bo", "last_name": "O'Brien"}
    client.post("/leads", json=sent)
    assert len(client.post("/leads/search", json={"name": "bo"}).json()["items"]) == 1
    answer = client.post("/leads/search", json={"name": said})
    assert answer.status_code == 422
    assert "at least 3 letters" in answer.text


@pytest.mark.parametrize(
    ("field", "said", "advice"),
    [("country", "Germany", "such as DE."), ("currency", "Euro", "such as USD")],
)
def test_a_code_written_out_is_refused_with_the_code_and_never_finds_nobody(
    client: TestClient, field: str, said: str, advice: str
) -> None:
    for operator, value in (("equals", said), ("in", [said])):
        where = {field: {"operator": operator, "value": value}}
        answer = client.post("/leads/search", json={"where": where})
        assert answer.status_code == 422
        assert advice in answer.text
    where = {"country": {"operator": "in", "value": ["DE", "us"]}}
    assert client.post("/leads/search", json={"where": where}).status_code == 200


def test_a_lead_that_is_made_and_changed_is_found_by_the_name_it_has(session: Session) -> None:
    lead, _ = upsert_lead(session, lead_in(first_name="Ada", last_name="Müller"), NOW)
    assert (called(session, "mulle"), called(session, "ada mull"), called(session, "mul xyz")) == (
        1,
        1,
        0,
    )
    upsert_lead(session, lead_in(last_name="Lovelace"), NOW + timedelta(hours=1))
    assert (called(session, "muller"), called(session, "ada love")) == (0, 1)
    edit_lead(session, lead.id, LeadEdit(first_name=None), NOW + timedelta(hours=2))
    assert (called(session, "ada"), called(session, "lovelace")) == (0, 1)


def test_what_is_kept_of_a_name_is_no_part_of_it(session: Session) -> None:
    lead, _ = upsert_lead(session, lead_in(first_name="Wilhelmina"), NOW)
    row = session.execute(text("SELECT leads::text FROM leads")).scalar_one().lower()
    assert "wilhelm" not in row
    assert len(lead.first_name_index or ()) == len("wilhelmina") - 2
    # Of another installation the same name has other hashes.
    assert get_cipher().blind_index("wil", "name") != get_cipher().blind_index("wil", "email")


def test_an_import_a_later_one_and_taking_it_back_change_what_is_found(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"

    def run(content: str, hours: int) -> str | None:
        path.write_text(f"id,mail,first,last\n{content}\n")
        at = NOW + timedelta(hours=hours)
        return import_file(path, parse_mapping(MAPPING), get_settings(), store, at).inbox_id

    run("1,a@example.com,Ada,Müller", 0)
    second = run("1,a@example.com,,Lovelace\n2,b@example.com,Bea,", 1)
    with unit_of_work() as session:
        assert [called(session, n) for n in ("muller", "ada lovel", "bea")] == [0, 1, 1]
    with unit_of_work() as session:
        undo_import(session, str(second), NOW + timedelta(hours=2))
    with unit_of_work() as session:
        assert [called(session, n) for n in ("ada muller", "lovelace", "bea")] == [1, 0, 0]


def test_a_name_that_is_taken_out_is_not_found_until_it_is_put_back(session: Session) -> None:
    upsert_lead(session, lead_in(first_name="Ada", last_name="Müller"), NOW)
    session.flush()
    take_out(session, TakeOut("last_name"), None, NOW)
    assert (called(session, "muller"), called(session, "ada")) == (0, 1)
    put_back(session, ["last_name"])
    assert called(session, "ada muller") == 1


def test_a_lead_that_was_merged_is_found_by_what_it_got_and_the_other_no_more(
    client: TestClient,
) -> None:
    ids = []
    for number, names in enumerate(({"first_name": "Ada"}, {"last_name": "Müller"})):
        body = {"email": f"{number}@example.com"} | names
        ids.append(client.post("/leads", json=body).json()["lead"]["id"])
    merged = client.post(f"/leads/{ids[0]}/merge", json={"other": ids[1], "reason": "one"})
    assert merged.status_code == 200, merged.text
    for name in ("ada", "muller", "ada muller"):
        answer = client.post("/leads/search", json={"name": name, "fields": ["id"]})
        assert answer.json()["items"] == [{"id": ids[0]}], name


def test_leads_of_a_made_up_market_are_found(store: Engine) -> None:
    simulate(store, get_settings(), seed=3, leads=20, months=1.0, reps=2, now=NOW)
    with unit_of_work() as session:
        some = session.scalars(select(Lead).where(Lead.last_name.is_not(None))).first()
        assert some is not None
        assert called(session, str(some.last_name)) > 0


def test_leads_that_were_there_before_are_found(engine: Engine) -> None:
    def as_then(connection: Connection) -> None:
        encrypt = get_cipher().encrypt
        insert = text(
            "INSERT INTO leads (id, source, first_name, company_name, attributes, "
            "service_requirements) VALUES (:id, 's', :first, :company, :own, :asked)"
        )
        for number, name in enumerate(("Zoë", None)):
            said = {"id": f"lead_{number}", "company": "Köhler", "own": '{"plan": "Pro"}'}
            first = None if name is None else encrypt(name, "first_name")
            connection.execute(insert, said | {"first": first, "asked": ["SEO", None]})

    with earlier_store(engine, "0036", as_then) as session:
        found = session.scalars(select(Lead.id).where(is_called(ways_of("zoe")))).all()
        assert found == ["lead_0"]
        assert len(session.scalars(select(Lead.id).where(works_at("kohl"))).all()) == 2
        facets = session.execute(
            text(
                "SELECT lead_facets(source, company_name, industry, job_title, seniority, "
                "location, country, region, budget_currency, timeline, email_kind, has_phone, "
                "service_requirements, attributes) FROM leads LIMIT 1"
            )
        ).scalar_one()
        assert {"source=s", "company_name=köhler", "=seo", "attributes.plan=pro"} <= set(facets)


@pytest.mark.parametrize(
    ("said", "as_compared"),
    [("MÜLLER & Søn", "muller & son"), ("Ærø", "aero"), ("ŁÓDŹ", "lodz"), ("Straße", "strasse")],
)
def test_companies_are_compared_as_names_are(session: Session, said: str, as_compared: str) -> None:
    assert session.execute(text("SELECT searched_text(:said)"), {"said": said}).scalar_one() == (
        as_compared
    )
