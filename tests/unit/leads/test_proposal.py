"""An unknown file gets a mapping proposed that can be used, and leaks are not in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.leads.files.formats.tables_of_text import Row, Table, UnreadableFile
from leadflow.leads.files.mapping import check_columns, parse_mapping
from leadflow.leads.files.proposing.proposal import Proposal, propose
from tests.examples import examples

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def proposal(rows: list[Row]) -> Proposal:
    return propose(Table(list(rows[0]), iter(rows)), "shop", NOW)


def row(number: int, **more: str) -> Row:
    won = number % 5 == 0
    return {
        "LeadID": f"A{number}",
        "Contact": f"p{number}@firm.example.com",
        "Company": f"Firm {number}",
        "Employees": str(number),
        "Created At": f"2025-01-{number % 28 + 1:02}",
        "Plan": ("basic", "pro", "unknown")[number % 3],
        "Score 2": str(number / 7),
        "Duration": str(number * 3),
        "Invoice total": str(100 + number) if won else "",
        "Account Manager": ("Ann", "Bob")[number % 2],
        "Empty": "",
        "Stage": "Won" if won else ("Lost", "Talking")[number % 2],
        **more,
    }


ROWS = [row(number) for number in range(1, 200)]


def test_columns_are_recognised_by_name_and_by_value() -> None:
    content: dict[str, Any] = proposal(ROWS).content
    assert content["key"] == "LeadID"
    assert content["fields"] == {
        "email": "Contact",
        "company_name": "Company",
        "company_size": "Employees",
    }
    assert content["created_at"] == "Created At"
    assert content["outcome"] == {
        "column": "Stage",
        "converted": ["Won"],
        "lost": ["Lost"],
        "open": ["Talking"],
        "after": "60d",
    }
    assert content["attributes"]["plan"] == {
        "column": "Plan",
        "kind": "categorical",
        "missing": ["unknown"],
    }
    assert content["attributes"]["score_2"]["kind"] == "numeric"


def test_leaks_and_persons_are_left_out_with_the_reason() -> None:
    ignored = proposal(ROWS).content["ignore"]
    assert "leak" in ignored["Duration"]
    assert "only where a lead converted" in ignored["Invoice total"]
    assert "name a person" in ignored["Account Manager"]
    assert "Empty" in ignored


def test_every_column_is_spoken_of_once() -> None:
    assert [column.column for column in proposal(ROWS).columns] == list(ROWS[0])


def test_a_file_without_dates_is_told_that_they_are_made_up() -> None:
    rows: list[Row] = [
        {"x": str(number % 7), "y": "yes" if number % 9 else "no"} for number in range(100)
    ]
    made = proposal(rows)
    assert made.content["key"] == "row"
    assert any("no dates" in note for note in made.first)
    assert any("such as" in note and "every" in note for note in made.first)
    mapping = parse_mapping(made.content)
    assert mapping.created_at is not None
    assert mapping.created_at.sequence is not None
    assert mapping.created_at.sequence.every == timedelta(0)
    assert mapping.created_at.sequence.start < NOW


def test_a_file_without_dates_whose_ids_rise_is_dated_in_the_order_of_its_rows() -> None:
    rows: list[Row] = [
        {"Lead ID": str(5000 + n), "x": str(n % 7), "y": "yes" if n % 9 else "no"}
        for n in range(300)
    ]
    made = proposal(rows)
    sequence = parse_mapping(made.content).created_at
    assert sequence is not None
    assert sequence.sequence is not None
    assert sequence.sequence.every > timedelta(0)
    assert sequence.sequence.start + made.rows * sequence.sequence.every < NOW


def test_a_file_without_dates_is_proposed_alike_in_whatever_order_its_rows_are() -> None:
    rows: list[Row] = [
        {"Lead ID": f"{n * 7919 % 9973}", "x": str(n % 7), "y": "yes" if n % 9 else "no"}
        for n in range(300)
    ]
    first, second = proposal(rows), proposal(list(reversed(rows)))
    assert first.content["created_at"] == second.content["created_at"]


def test_free_text_is_left_out_with_what_to_do_about_it() -> None:
    notes = {"Notes": "would like to hear about the price of the larger plan"}
    made = proposal([row(number, **notes) for number in range(1, 200)])
    assert "kind: text" in made.content["ignore"]["Notes"]


def test_a_date_that_may_not_be_the_beginning_is_an_attribute() -> None:
    rows: list[Row] = [
        {
            "Contract end": f"{number % 28 + 1:02}.12.2026",
            "Date of birth": f"{number % 28 + 1:02}.05.1990",
            "y": "yes" if number % 9 else "no",
        }
        for number in range(100)
    ]
    made = proposal(rows)
    assert made.content["attributes"] == {
        "contract_end": {"column": "Contract end", "kind": "date", "format": "%d.%m.%Y"},
        "date_of_birth": {"column": "Date of birth", "kind": "date", "format": "%d.%m.%Y"},
    }
    assert "sequence" in made.content["created_at"]
    assert any("No date tells when a lead came in" in note for note in made.first)


def test_dates_in_another_form_are_proposed_with_it_and_doubts_are_said() -> None:
    rows: list[Row] = [
        {"signup_date": f"0{number % 9 + 1}/03/2025", "y": "yes" if number % 9 else "no"}
        for number in range(100)
    ]
    made = proposal(rows)
    assert made.content["created_at"] == {"column": "signup_date", "format": "%d/%m/%Y"}
    assert any("day and month" in question for question in made.questions)


def test_columns_whose_names_become_the_same_are_kept_apart() -> None:
    names = ["Größe", "Grosse", "GROSSE!", "学校", "大学", "x" * 70, "x" * 71]
    rows: list[Row] = [
        {name: str(number % 7 + place) for place, name in enumerate(names)} for number in range(60)
    ]
    attributes = proposal(rows).content["attributes"]
    assert len(attributes) == len(names)
    assert [attributes[name]["column"] for name in attributes] == names
    assert attributes["xuexiao"]["label"] == "学校"
    parse_mapping(proposal(rows).content)


def test_values_that_cannot_be_read_are_proposed_as_missing() -> None:
    rows: list[Row] = [
        {"seats": "many" if number == 6 else str(number), "y": "yes" if number % 9 else "no"}
        for number in range(0, 300, 3)
    ]
    assert proposal(rows).content["attributes"]["seats"]["missing"] == ["many"]


CELLS = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.sampled_from(["yes", "no", "1", "0", "2025-01-01", "a@b.de", "Won", "unknown", "3.5"]),
)
NAMES = st.one_of(
    st.text(min_size=1, max_size=12), st.sampled_from(["id", "y", "email", "Name", "close_date"])
)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6, unique=True), st.data())
def test_what_is_proposed_can_always_be_used(names: list[str], data: st.DataObject) -> None:
    cells = st.lists(CELLS, min_size=len(names), max_size=len(names))
    rows: list[Row] = [
        dict(zip(names, row, strict=True))
        for row in data.draw(st.lists(cells, min_size=1, max_size=12))
    ]
    made = propose(Table(names, iter(rows)), "shop", NOW)
    check_columns(parse_mapping(made.content), names)
    assert {column.column for column in made.columns} == set(names)


@pytest.mark.parametrize(
    "header",
    [
        "Vorname,Nachname,Firma,Mitarbeiterzahl,Branche,Position,Stadt,Land,Währung",
        "Prénom,Nom,Société,Effectif,Secteur,Poste,Ville,Pays,Devise",
        "Nombre,Apellidos,Empresa,Empleados,Industria,Cargo,Ciudad,País,Moneda",
        "Voornaam,Achternaam,Bedrijf,Medewerkers,Branche,Functie,Plaats,Land,Valuta",
        "Primeiro nome,Sobrenome,Empresa,Funcionários,Setor,Cargo,Cidade,País,Moeda",
        "Nome,Cognome,Azienda,Dipendenti,Settore,Ruolo,Città,Paese,Valuta",
    ],
)
def test_headers_of_other_languages_are_read(header: str) -> None:
    words = "first_name last_name company_name company_size industry job_title location country"
    names = header.split(",")
    rows: list[Row] = [{name: f"{name} {n}" for name in names} for n in range(50)]
    for n, one in enumerate(rows):
        one[names[3]] = str(n * 7)
    fields = proposal(rows).content["fields"]
    assert fields == dict(zip((*words.split(), "currency"), names, strict=True))


def test_what_stands_for_nothing_is_proposed_as_missing() -> None:
    rows = [row(n, Industry=("Select", "Retail", "Banking")[n % 3]) for n in range(1, 200)]
    assert proposal(rows).content["fields"]["industry"] == {
        "column": "Industry",
        "missing": ["Select"],
    }


def test_what_looks_like_a_person_never_becomes_a_plain_attribute() -> None:
    rows = [
        row(
            n,
            Rueckruf=f"+49 30 {100000 + n % 40}",
            Kontakt2=f"x{n % 9}@y.example" if n % 9 == 0 else "none",
            Size=f"{n % 30}-{n % 30 + 50}",
        )
        for n in range(1, 400)
    ]
    found = proposal(rows)
    assert {"Rueckruf", "Kontakt2"} <= found.content["ignore"].keys()
    assert "size" in found.content["attributes"]


def test_a_column_of_addresses_with_some_bad_ones_is_one_and_says_so() -> None:
    rows = [row(n, Contact="tbc") if n % 3 == 0 else row(n) for n in range(1, 200)]
    renamed: list[Row] = [
        {("E-Mail" if key == "Contact" else key): value for key, value in one.items()}
        for one in rows
    ]
    found = proposal(renamed)
    assert found.content["fields"]["email"] == "E-Mail"
    assert any("no e-mail addresses" in note for note in found.notes)


def test_nothing_is_proposed_from_no_rows() -> None:
    with pytest.raises(UnreadableFile, match="no rows"):
        propose(Table(["a"], iter(())), "shop", NOW)


@pytest.mark.parametrize(
    ("budgets", "csv", "unsure"),
    [
        (["1.500,50", "900", "12,5"], {"decimal": ","}, False),
        (["1,500.50", "900", "12.5"], None, False),
        (["5.000", "12.000", "900"], None, True),
        (["5.000", "12.000", "0.125"], None, False),
        (["500", "900", "1200"], None, False),
    ],
)
def test_the_decimal_mark_is_found_in_the_numbers_or_asked_for(
    budgets: list[str], csv: dict[str, str] | None, unsure: bool
) -> None:
    rows: list[Row] = [
        {"LeadID": f"A{n}", "Budget": budgets[n % 3], "Ref": f"{n * 7}"} for n in range(99)
    ]
    found = proposal(rows)
    assert found.content.get("csv") == csv
    assert any("5.000" in question for question in found.questions) == unsure
    assert found.content["fields"] == {"budget": "Budget"}


def test_outcomes_are_read_in_other_languages_and_their_dates_are_no_beginnings() -> None:
    rows: list[Row] = [
        {
            "Nr": f"A{n}",
            "E-Mail": f"a{n}@x.example",
            "Status": ("gewonnen", "verloren", "offen")[n % 3],
            "Abgeschlossen am": f"2025-02-{n % 28 + 1:02}",
            "Angelegt am": f"2025-01-{n % 28 + 1:02}",
        }
        for n in range(99)
    ]
    content = proposal(rows).content
    assert content["outcome"] == {
        "column": "Status",
        "converted": ["gewonnen"],
        "lost": ["verloren"],
        "open": ["offen"],
        "at": "Abgeschlossen am",
    }
    assert content["created_at"] == "Angelegt am"


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("has_converted", ("1", "0"), True),
        ("Purchase made", ("yes", "no"), True),
        ("Opportunity Phase", ("Closed Won", "Closed Lost", "Negotiation"), True),
        ("converted", ("0", "1"), True),
        ("Response", ("1", "0"), True),
        ("newsletter", ("1", "0"), False),
        ("status", ("1", "2", "3"), False),  # codes: 1 does not mean yes
        ("marital_status", ("single", "married"), False),
        ("Outcome of the game", ("red", "blue"), False),
    ],
)
def test_outcomes_are_found_by_name_and_by_value(
    name: str, values: tuple[str, ...], found: bool
) -> None:
    rows: list[Row] = [
        {"LeadID": f"A{n}", name: values[n % len(values)], "Plan": ("a", "b")[n % 2]}
        for n in range(99)
    ]
    made = proposal(rows)
    assert ("outcome" in made.content) == found
    if not found:
        assert any("No column tells how leads ended" in note for note in made.notes)
    if name == "newsletter":
        assert any("newsletter" in note for note in made.notes)


def test_a_stage_nobody_knows_is_asked_for() -> None:
    stages = ("Won", "Lost", "Frobnicated", "Negotiation")
    made = proposal([row(n, Stage=stages[n % 4]) for n in range(1, 200)])
    assert made.content["outcome"]["open"] == ["Negotiation", "Frobnicated"]
    assert any("Frobnicated" in asked for asked in made.questions)
    assert not any("Negotiation" in asked for asked in made.questions)


def test_lost_rows_without_a_day_of_their_end_get_one() -> None:
    rows = [
        row(n) | {"Close Date": f"2025-03-{n % 28 + 1:02}" if n % 5 == 0 else ""}
        for n in range(1, 200)
    ]
    made = proposal(rows)
    outcome = made.content["outcome"]
    assert (outcome["at"], outcome["after"]) == ("Close Date", "60d")
    assert any("lost leads" in asked and "Close Date" in asked for asked in made.questions)
    parse_mapping(made.content)


def test_a_stage_nobody_has_chosen_is_open_and_days_nobody_wrote_are_missing() -> None:
    rows = [
        row(n, Stage="Select" if n % 7 == 0 else ("Won", "Lost")[n % 2])
        | {"Created At": "-" if n % 9 == 0 else f"2025-01-{n % 28 + 1:02}"}
        for n in range(1, 200)
    ]
    content = proposal(rows).content
    assert content["outcome"]["open"] == ["Select"]
    assert content["created_at"] == {"column": "Created At", "missing": ["-"]}


@pytest.mark.few(2)
@pytest.mark.parametrize("word", ["Select", "-", "n/a", "N/A", "null", "keine Angabe", "--None--"])
def test_every_placeholder_is_missing_in_attributes_of_every_kind(word: str) -> None:
    rows = [
        row(n, Tier=word if n % 3 == 0 else "gold", Seats=word if n % 3 == 0 else str(n))
        for n in range(1, 200)
    ]
    rows = [one | {"Tier": "tin"} if n % 5 == 0 else one for n, one in enumerate(rows)]
    attributes = proposal(rows).content["attributes"]
    assert attributes["tier"]["missing"] == [word]
    assert (attributes["seats"]["kind"], attributes["seats"]["missing"]) == ("numeric", [word])


def test_codes_are_categories_and_amounts_are_numbers() -> None:
    rows = [
        row(
            n,
            Region=str(n % 9 + 1),
            Browser=str(n % 3),
            TrafficType=str(n % 20),
            Visits2=str(n % 9),
        )
        | {"region_id": str(n % 9 * 11)}
        for n in range(1, 400)
    ]
    attributes = proposal(rows).content["attributes"]
    kinds = {name: attributes[name]["kind"] for name in attributes}
    assert kinds["region"] == kinds["browser"] == kinds["traffic_type"] == "categorical"
    assert (kinds["region_id"], kinds["visits2"]) == ("categorical", "numeric")


def test_a_file_without_days_that_is_newest_first_is_noticed_by_its_ids() -> None:
    rows: list[Row] = [
        {"Lead ID": str(5000 - n), "x": str(n % 7), "y": "yes" if n % 9 else "no"}
        for n in range(300)
    ]
    made = proposal(rows)
    assert made.content["created_at"]["sequence"]["newest_first"] is True
    assert any("newest rows first" in note for note in made.first)
    mapping = parse_mapping(made.content)
    assert mapping.created_at is not None
    assert mapping.created_at.sequence is not None
    oldest_first = proposal(list(reversed(rows)))
    assert "newest_first" not in oldest_first.content["created_at"]["sequence"]
    shuffled = [rows[n * 77 % 300] for n in range(300)]
    assert any("in no order by Lead ID" in note for note in proposal(shuffled).first)


def test_a_file_that_is_newest_first_and_repeats_leads_is_asked_to_be_sorted() -> None:
    rows: list[Row] = [
        {
            "Contact": f"p{n % 100}@firm.example.com",
            "Created At": f"{2025 - n // 150}-{12 - n % 150 // 14:02}-{28 - n % 14 * 2:02}",
            "Plan": ("a", "b")[n % 2],
        }
        for n in range(300)
    ]
    assert any("newest rows first" in asked for asked in proposal(rows).questions)
    assert not proposal(list(reversed(rows))).questions


@pytest.mark.parametrize(
    ("name", "currency"),
    [("Budget (€)", "EUR"), ("Budget EUR", "EUR"), ("budget_gbp", "GBP"), ("Budget", None)],
)
def test_a_currency_in_the_name_of_a_budget_is_its_currency(
    name: str, currency: str | None
) -> None:
    made = proposal([row(n) | {name: str(n * 100)} for n in range(1, 200)])
    wanted = name if currency is None else {"column": name, "currency": currency}
    assert made.content["fields"]["budget"] == wanted
    parse_mapping(made.content)


def test_thousands_in_the_name_of_a_budget_make_it_no_budget() -> None:
    made = proposal([row(n) | {"Budget (k€)": str(n)} for n in range(1, 200)])
    assert "budget" not in made.content["fields"]


def test_a_deal_value_has_the_currency_of_its_name() -> None:
    rows = [row(n) | {"Deal Value (£)": str(n * 10) if n % 5 == 0 else ""} for n in range(1, 200)]
    outcome = proposal(rows).content["outcome"]
    assert (outcome["value"], outcome["currency"]) == ("Deal Value (£)", "GBP")


def test_whole_names_are_the_last_name_and_that_is_said() -> None:
    made = proposal([row(n) | {"Name": f"Ada Lovelace{n}"} for n in range(1, 200)])
    assert made.content["fields"]["last_name"] == "Name"
    assert any("whole names" in note for note in made.notes)


def test_dates_in_several_forms_are_said_as_such() -> None:
    def day(n: int) -> str:
        return f"2025-01-{n % 28 + 1:02}" if n % 3 else f"{n % 28 + 1:02}.01.2025"

    rows = [row(n) | {"Created At": day(n)} for n in range(1, 200)]
    made = proposal(rows)
    assert made.content["created_at"] == "Created At"
    assert any("in several ways" in asked for asked in made.questions)


@pytest.mark.parametrize("header", ["Betreut von", "Zugewiesen", "Kollege"])
def test_names_of_people_are_found_in_values_under_whatever_name(header: str) -> None:
    people = ("Anna Schmidt", "Peter Müller", "Jürgen Klein", "Schulz, Monika")
    made = proposal([row(n) | {header: people[n % 4]} for n in range(1, 200)])
    assert "May name a person" in made.content["ignore"][header]
    cities = ("New York", "San Francisco", "Los Angeles", "Salt Lake City")
    kept = proposal([row(n) | {header: cities[n % 4]} for n in range(1, 200)])
    assert header not in kept.content.get("ignore", {})


@pytest.mark.parametrize("name", ["marketing_consent", "Opt-in", "Einwilligung Newsletter", "GDPR"])
@pytest.mark.parametrize("value", ["yes", "2026-01-02", "by telephone"])
def test_what_all_have_agreed_to_is_kept_though_it_is_the_same_in_every_row(
    name: str, value: str
) -> None:
    made = proposal([row(number) | {name: value, "Region": "EMEA"} for number in range(1, 50)])
    kept = [one["column"] for one in made.content["attributes"].values()]
    assert name in kept
    assert made.content["ignore"]["Region"] == "The same in every row looked at."
    assert any(note.startswith(f"{name}: kept as an attribute") for note in made.notes)
