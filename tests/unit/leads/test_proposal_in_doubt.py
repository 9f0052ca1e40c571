"""What a proposal cannot read for certain it asks about or says; it makes nothing up."""

from datetime import UTC, datetime

import pytest

from leadflow.leads.files.formats.tables_of_text import Row, Table
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.files.proposing.proposal import Proposal, propose

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = ("2025-03-01", "2025-04-02")


def proposal(rows: list[Row]) -> Proposal:
    made = propose(Table(list(rows[0]), iter(rows)), "shop", NOW)
    parse_mapping(made.content)
    return made


def row(number: int, **more: str) -> Row:
    stage = "Won" if number % 5 == 0 else ("Lost", "Talking")[number % 2]
    return {"Lead ID": f"A{number}", "Stage": stage, "Plan": "ab"[number % 2], **more}


def dated(name: str, *values: str) -> list[Row]:
    return [row(n, **{name: values[n % len(values)]}) for n in range(300)]


@pytest.mark.few(3)
@pytest.mark.parametrize("broken", ["n/a yet", "soon", "Q3", "31.02.2025"])
@pytest.mark.parametrize("name", ["created_at", "Erstellt am"])
def test_a_beginning_of_which_a_third_is_no_date_is_asked_about(name: str, broken: str) -> None:
    made = proposal(dated(name, *DAYS, broken))
    assert made.content["created_at"] == name
    (asked,) = [asked for asked in made.questions if name in asked]
    assert "100 rows of the 300" in asked
    assert "set aside" in asked
    assert broken in asked


def test_a_beginning_that_breaks_late_in_the_file_is_asked_about() -> None:
    rows = [row(n, created_at="2025-03-01" if n < 350 else "soon") for n in range(600)]
    made = proposal(rows)
    assert made.content["created_at"] == "created_at"
    assert any("250 rows" in asked for asked in made.questions)


def test_a_beginning_that_is_hardly_ever_a_date_is_asked_about() -> None:
    made = proposal(dated("created_at", "2025-03-01", "soon", "later", "Q3"))
    assert "sequence" in made.content["created_at"]
    assert any("created_at: 225 rows" in asked for asked in made.questions)


def test_dates_of_another_column_do_not_stand_in_for_a_broken_beginning() -> None:
    rows = [one | {"Called": "2025-05-05"} for one in dated("created_at", *DAYS, "soon")]
    assert proposal(rows).content["created_at"] == "created_at"


def test_a_broken_moment_is_not_taken_for_missing_and_that_is_said() -> None:
    rows = dated("created_at", *DAYS)
    rows[7]["created_at"] = "2025-05-05T25:00:00Z"
    rows[9]["created_at"] = "soon"
    rows[11]["created_at"] = "n/a"
    made = proposal(rows)
    assert made.content["created_at"] == {"column": "created_at", "missing": ["n/a", "soon"]}
    said = [note for note in made.notes if note.startswith("created_at: ")]
    assert any("n/a, soon" in note and "from their import" in note for note in said)
    assert any("2025-05-05T25:00:00Z" in note and "set aside" in note for note in said)


@pytest.mark.parametrize(
    ("name", "values", "broken"),
    [
        ("Contract end", ("2025-03-01", "2025-04-02"), "2025-13-01"),
        ("Seats", ("1", "2", "3", "4", "5"), "5 or 6"),
    ],
)
def test_only_words_are_missing_among_dates_and_numbers(
    name: str, values: tuple[str, ...], broken: str
) -> None:
    rows = dated(name, *values)
    rows[7][name], rows[9][name] = broken, "many"
    made = proposal(rows)
    (attribute,) = [a for a in made.content["attributes"].values() if a["column"] == name]
    assert attribute["missing"] == ["many"]
    assert f"{name}: many are taken for missing." in made.notes
    assert any(broken in note and "set aside" in note for note in made.notes)


def test_words_taken_for_missing_in_a_field_of_numbers_and_in_an_end_are_named() -> None:
    rows = [
        row(n, created_at="2025-03-01", Budget=str(n), **{"Close Date": "2025-04-01"})
        for n in range(1, 300)
    ]
    rows[7] |= {"Budget": "TBD", "Close Date": "Select"}
    made = proposal(rows)
    assert made.content["fields"]["budget"] == {"column": "Budget", "missing": ["TBD"]}
    assert made.content["outcome"]["at"] == {"column": "Close Date", "missing": ["Select"]}
    assert any("Budget: TBD" in note for note in made.notes)
    assert any("Close Date: Select" in note for note in made.notes)


def test_ends_with_a_word_instead_of_a_day_get_one() -> None:
    rows = [row(n, **{"Close Date": "soon" if n % 50 == 0 else "2025-04-01"}) for n in range(300)]
    made = proposal(rows)
    assert made.content["outcome"]["at"] == {"column": "Close Date", "missing": ["soon"]}
    assert made.content["outcome"]["after"] == "60d"
    assert any("6 converted leads" in asked for asked in made.questions)


@pytest.mark.parametrize(
    ("written", "currency"),
    [
        ("{n}.706,50 €", "EUR"),
        ("{n} 123,00 €", "EUR"),
        ("{n}\u00a0123,00\u00a0€", "EUR"),
        ("{n}\u202f123,00 €", "EUR"),
    ],
)
def test_sums_with_their_currency_are_a_budget_in_it(written: str, currency: str) -> None:
    made = proposal([row(n, Budget=written.format(n=n)) for n in range(1, 300)])
    assert made.content["fields"]["budget"] == {"column": "Budget", "currency": currency}
    assert made.content["csv"] == {"decimal": ","}


def test_a_budget_in_two_currencies_has_none_of_its_own() -> None:
    made = proposal([row(n, Budget=f"{n}.706,50 {'€£'[n % 2]}") for n in range(1, 300)])
    assert made.content["fields"]["budget"] == "Budget"


def test_sums_without_a_currency_beside_some_with_one_are_spoken_of() -> None:
    made = proposal([row(n, Budget=f"{n},50{' €' if n % 3 else ''}") for n in range(1, 300)])
    assert made.content["fields"]["budget"] == {"column": "Budget", "currency": "EUR"}
    assert any("99 sums without a currency are taken for EUR" in note for note in made.notes)


def sold(number: int, **more: str) -> Row:
    return row(number, Umsatz=f"{number}.653" if number % 5 == 0 else "", **more)


def test_a_value_without_a_currency_has_that_of_the_other_sums() -> None:
    made = proposal([sold(n, Budget=f"{n}.706,50 €") for n in range(1, 300)])
    assert made.content["outcome"]["value"] == "Umsatz"
    assert made.content["outcome"]["currency"] == "EUR"
    assert any("Umsatz" in note and "EUR" in note for note in made.notes)
    coded = proposal([sold(n, Budget=f"{n},50", Waehrung="CHF") for n in range(1, 300)])
    assert coded.content["outcome"]["currency"] == "CHF"


@pytest.mark.parametrize(
    "budget",
    [
        {"Budget": "1,50"},
        {"Budget": "1,50 €", "Setup (CHF)": "5"},
        {"Budget": "1,50", "Currency": "EUR,CHF"},
        {"Budget": "1,50", "Currency": ",EUR"},
    ],
)
def test_a_value_whose_currency_nothing_tells_says_which_is_assumed(budget: Row) -> None:
    codes = (budget.get("Currency") or "").split(",")
    more = {name: value or "" for name, value in budget.items() if name != "Currency"}
    rows = [sold(n, **more) for n in range(1, 300)]
    if "Currency" in budget:
        rows = [one | {"Currency": codes[n % 2]} for n, one in enumerate(rows)]
    made = proposal([one | {"Budget": f"{n}{more['Budget']}"} for n, one in enumerate(rows)])
    assert made.content["outcome"]["value"] == "Umsatz"
    assert "currency" not in made.content["outcome"]
    assert any("Umsatz" in said and "USD is assumed" in said for said in made.first)
