"""What is known only once a lead has ended never becomes a property of leads without a word: the
moment of the end, what it was worth, and whatever says something of ended leads alone."""

from datetime import UTC, datetime

import pytest

from leadflow.leads.files.formats.tables_of_text import Row, Table
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.files.proposing.proposal import Proposal, propose

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def proposal(rows: list[Row], delivered: bool = False) -> Proposal:
    made = propose(Table(list(rows[0]), iter(rows)), "shop", NOW, delivered)
    if not delivered:
        parse_mapping(made.content)
    return made


def lead(number: int, of_won: dict[str, str], of_lost: dict[str, str]) -> Row:
    """A lead in German, as CRMs export them; what is not said of it is empty."""
    status = ("Gewonnen", "Verloren", "Offen")[number % 3]
    more = dict.fromkeys((*of_won, *of_lost), "")
    more |= of_won if status == "Gewonnen" else of_lost if status == "Verloren" else {}
    return {
        "E-Mail": f"p{number}@firma{number}.example",
        "Angelegt am": f"{number % 28 + 1:02}.01.2026",
        "Status": status,
        **{name: value.format(n=number, day=number % 28 + 1) for name, value in more.items()},
    }


def leads(of_won: dict[str, str], of_lost: dict[str, str], count: int = 60) -> list[Row]:
    return [lead(number, of_won, of_lost) for number in range(1, count + 1)]


def columns(made: Proposal) -> list[str]:
    return [one["column"] for one in made.content.get("attributes", {}).values()]


DAY = "{day:02}.03.2026"


@pytest.mark.few(6)
@pytest.mark.parametrize(
    "name",
    [
        *("Abschluss am", "Abschlussdatum", "Geschlossen am", "Abgeschlossen am", "Gewonnen am"),
        *("Close date", "ClosedAt", "Closed on", "Won at", "Deal closed at", "Lost time"),
        *("Date de clôture", "Clôturé le", "Gagné le", "Fecha de cierre", "Cerrado el"),
        *("Data di chiusura", "Chiuso il", "Vinto il", "Afgesloten op", "Sluitingsdatum"),
        *("Data de fechamento", "Fechado em", "Ganho em", "Kapanış tarihi", "Data zamknięcia"),
        *("Datum uzavření", "Lezárás dátuma", "Data închiderii", "Avslutsdatum", "Lukkedato"),
        *("Sulkemispäivä", "Tanggal ditutup", "Ngày đóng", "Дата закрытия", "Дата закриття"),
        *("Ημερομηνία κλεισίματος", "تاريخ الإغلاق", "תאריך סגירה", "关闭日期", "受注日", "마감일"),
        *("समापन तिथि", "วันที่ปิด"),
    ],
)
def test_a_closing_date_is_when_a_lead_ended_in_every_language_that_is_known(name: str) -> None:
    made = proposal(leads({name: DAY}, {name: DAY}, 7))
    assert made.content["outcome"]["at"] == {"column": name, "format": "%d.%m.%Y"}
    assert "after" not in made.content["outcome"]
    assert name not in columns(made)
    assert not made.questions


def test_a_date_that_all_ended_leads_have_and_no_open_one_is_when_they_ended() -> None:
    made = proposal(leads({"Datum 2": DAY}, {"Datum 2": DAY}))
    assert made.content["outcome"]["at"]["column"] == "Datum 2"
    assert "after" not in made.content["outcome"]
    assert any("Datum 2" in said and "outcome.at" in said for said in made.first)


@pytest.mark.parametrize(
    ("of_lost", "count"), [({}, 60), ({"Datum 2": DAY}, 7)], ids=["of the won alone", "of few rows"]
)
def test_a_date_of_ended_leads_that_is_not_certain_to_be_their_end_is_asked_about(
    of_lost: dict[str, str], count: int
) -> None:
    made = proposal(leads({"Datum 2": DAY}, of_lost, count))
    assert "Datum 2" in made.content["ignore"]
    assert made.content["created_at"]["column"] == "Angelegt am"
    assert any("Is it Datum 2?" in asked for asked in made.questions)


def test_a_date_of_ended_leads_is_never_taken_for_when_they_came_in() -> None:
    rows = leads({"Datum 2": DAY}, {}, 60)
    for row in rows:
        del row["Angelegt am"]
    made = proposal(rows)
    assert "Datum 2" in made.content["ignore"]
    assert "sequence" in made.content["created_at"]


def test_further_dates_of_ended_leads_are_left_out_and_said_first() -> None:
    of_ended = {"Abschluss am": DAY, "Vertragsbeginn": DAY}
    made = proposal(leads(of_ended, {"Abschluss am": DAY}))
    assert made.content["outcome"]["at"]["column"] == "Abschluss am"
    assert "Vertragsbeginn" in made.content["ignore"]
    assert any("Vertragsbeginn" in said for said in made.first)


def test_of_two_closing_dates_neither_becomes_a_property() -> None:
    made = proposal(leads({"Won at": DAY}, {"Lost at": DAY}))
    assert made.content["outcome"]["at"]["column"] == "Won at"
    assert "Lost at" in made.content["ignore"]
    assert any("20 lost leads" in asked and "made up" in asked for asked in made.questions)


def test_a_time_that_is_made_up_for_the_end_is_a_question() -> None:
    made = proposal(leads({}, {}))
    assert made.content["outcome"]["after"] == "60d"
    (asked,) = made.questions
    assert "60 days" in asked
    assert "made up" in asked
    assert not any("outcome.after" in note for note in made.notes)


@pytest.mark.parametrize("name", ["Expected close date", "Voraussichtlicher Abschluss"])
def test_an_end_that_is_only_hoped_for_is_not_taken_for_the_end(name: str) -> None:
    rows = [row | {name: f"{n % 28 + 1:02}.12.2026"} for n, row in enumerate(leads({}, {}))]
    assert "at" not in proposal(rows).content["outcome"]


def test_what_a_sale_was_worth_is_said_first() -> None:
    made = proposal(leads({"Abschluss am": DAY, "Umsatz": "{n}00"}, {"Abschluss am": DAY}))
    assert made.content["outcome"]["value"] == "Umsatz"
    assert any("Umsatz is taken for what a sale was worth" in said for said in made.first)


@pytest.mark.parametrize("of_lost", [{}, {"Honorar": "{n}1"}], ids=["of the won", "of the ended"])
@pytest.mark.parametrize("nothing", ["", "0", "0,00"])
def test_a_sum_of_ended_leads_alone_is_left_out_and_asked_about_first(
    of_lost: dict[str, str], nothing: str
) -> None:
    rows = leads({"Honorar": "{n}2"}, of_lost)
    rows = [row | {"Honorar": row["Honorar"] or nothing} for row in rows]
    made = proposal(rows)
    assert "Honorar" in made.content["ignore"]
    (said,) = [said for said in made.first if "Honorar" in said]
    assert "make it `outcome.value`" in said


@pytest.mark.parametrize("name", ["Budget", "Mitarbeiterzahl"])
def test_a_field_that_says_something_of_ended_leads_alone_is_left_out(name: str) -> None:
    made = proposal(leads({name: "{n}1"}, {name: "{n}2"}))
    assert name in made.content["ignore"]
    assert name not in str(made.content["fields"])


@pytest.mark.parametrize("kind", ["won", "lost"])
def test_a_reason_of_one_end_alone_is_left_out(kind: str) -> None:
    of = {"Bemerkung kurz": "Preis"}
    rows = leads(of if kind == "won" else {}, of if kind == "lost" else {})
    rows = [
        row | {"Bemerkung kurz": row["Bemerkung kurz"] and ("Preis", "Zeit")[n % 2]}
        for n, row in enumerate(rows)
    ]
    assert "Bemerkung kurz" in proposal(rows).content["ignore"]


def test_what_is_empty_of_open_leads_by_chance_stays_a_property() -> None:
    rows = leads({}, {}, 200)
    rows = [row | {"Stufe": ("a", "b", "")[n * 7 % 11 % 3]} for n, row in enumerate(rows)]
    assert "Stufe" in columns(proposal(rows))
    # One open lead in a hundred, of which nothing is said, tells nothing.
    few = [row | {"Status": "Gewonnen" if n % 2 else "Verloren"} for n, row in enumerate(rows)]
    few[2] |= {"Status": "Offen", "Stufe": ""}
    assert "Stufe" in columns(proposal(few))


def test_what_a_stage_nobody_knows_means_hides_no_date_of_the_end() -> None:
    rows = leads({"Datum 2": DAY}, {"Datum 2": DAY})
    for row in rows[:9]:
        row |= {"Status": "Storniert", "Datum 2": "01.04.2026"}
    made = proposal(rows)
    assert "Datum 2" not in columns(made)


def test_of_what_is_delivered_dates_of_ended_leads_are_asked_about_too() -> None:
    made = proposal(leads({"Datum 2": DAY}, {}), delivered=True)
    assert "Datum 2" not in columns(made)
    assert any("Datum 2" in asked for asked in made.questions)
