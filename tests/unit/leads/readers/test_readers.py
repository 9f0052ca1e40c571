"""A value is read right, or refused, or missing: never another, plausible one."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.leads.files.column_reader import ColumnReader
from leadflow.leads.readers.money import Money, NotMoney, read_money
from leadflow.leads.readers.numbers import DecimalMark, NotANumber, read_number, written
from leadflow.leads.readers.phones import normalise_phone
from leadflow.leads.readers.timelines import timeline_months
from tests.unit.leads.readers import spellings

ONE_MARK = re.compile(r"\s*[+-]?\d{1,3}[.,]\d{3}\s*")


@pytest.mark.parametrize("decimal", [".", ","])
def test_ten_thousand_numbers_are_right_or_refused(decimal: DecimalMark) -> None:
    read = 0
    for text, value in spellings.numbers(decimal):
        try:
            found = read_number(text, decimal)
        except NotANumber:
            continue
        read += 1
        # 1,234 is 1234 where the mapping says that points stand before fractions, 1.234 where it
        # says commas: one mark and three digits are what it says.
        said = ONE_MARK.fullmatch(text) is not None
        likely = (value, value * 1000, value / 1000) if said else (value,)
        assert any(math.isclose(found, one, abs_tol=1e-9) for one in likely), (text, found, value)
    assert read > spellings.SPELLINGS / 2


def test_ten_thousand_timelines_are_right_or_missing() -> None:
    found = [(text, timeline_months(text), months) for text, months in spellings.spans()]
    assert [one for one in found if one[1] not in (one[2], None)] == []
    assert sum(one[1] is not None for one in found) > spellings.SPELLINGS / 2
    assert {timeline_months(text) for text in spellings.nonsense()} == {None}


def test_ten_thousand_dates_are_right_or_refused() -> None:
    by_form: dict[str | None, list[tuple[str, object]]] = {}
    for text, form, day in spellings.dates():
        by_form.setdefault(form, []).append((text, day))
    for form, told in by_form.items():
        reader = ColumnReader([], ".")
        moments = reader.moments("created_at", [text for text, _ in told], form)
        wrong = [
            (text, form, moment)
            for (text, day), moment in zip(told, moments, strict=True)
            if moment == moment and moment != day
        ]
        # 03/04/2020 under the format of the other country is another day, which nothing can see.
        swappable = {"%m/%d/%Y", "%d/%m/%Y"}
        assert form in swappable or wrong == []
        assert sum(moment == moment for moment in moments) > len(told) / 2


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1500.50", ",", None),
        ("1.500,50", ",", 1500.5),
        ("1.500", ",", 1500),
        ("1,500", ".", 1500),
        ("1,5", ".", None),
        ("1\u202f500", ".", 1500),
        ("1’500.25", ".", 1500.25),
        ("1,50,000", ".", None),
        ("01067", ".", None),
        ("0", ".", 0),
        ("-0.5", ".", -0.5),
        ("1e5", ".", 100_000),
        ("1e999", ".", None),
        ("true", ".", None),
        ("0x10", ".", None),
        ("1_000", ".", None),
        ("١٢", ".", None),
        ("12%", ".", None),
        ("inf", ".", None),
    ],
)
def test_a_number_is_read_as_its_country_writes_it(
    text: str, decimal: DecimalMark, value: float | None
) -> None:
    try:
        assert read_number(text, decimal) == value
    except NotANumber:
        assert value is None


@pytest.mark.parametrize(
    ("text", "beside", "usual", "sum_"),
    [
        ("£900", None, "USD", Money(900, "GBP")),
        ("€ 1200", None, "USD", Money(1200, "EUR")),
        ("1200 EUR", None, "USD", Money(1200, "EUR")),
        ("CHF 1'200", None, "USD", Money(1200, "CHF")),
        ("US$ 1,000.50", None, "EUR", Money(1000.5, "USD")),
        ("$900", None, "USD", Money(900, "USD")),
        ("$900", "CAD", "USD", Money(900, "CAD")),
        ("900", None, "USD", Money(900, "USD")),
        ("$900", None, "EUR", "several currencies share"),
        ("¥900", None, "USD", "several currencies share"),
        ("£900", "USD", "USD", "while the currency beside it is USD"),
        ("£900 EUR", None, "USD", "two currencies"),
        ("XXX 5", None, "USD", "no currency of ISO"),
        ("10k", None, "USD", "no currency of ISO"),
        ("Schmidt 5", None, "USD", "^names no currency of ISO 4217 such as USD$"),
        ("5-10", None, "USD", "not a number"),
        ("(500)", None, "USD", "not a number"),
    ],
)
def test_a_sum_is_in_the_currency_that_it_names(
    text: str, beside: str | None, usual: str, sum_: Money | str
) -> None:
    if isinstance(sum_, Money):
        assert read_money(text, beside, usual) == sum_
        return
    with pytest.raises(NotMoney, match=sum_):
        read_money(text, beside, usual)


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("3 months from now", 3),
        ("not right now", None),
        ("right now", 0),
        ("2027", None),
        ("1 1/2 years", 18),
        ("1½ years", 18),
        ("1,5 Jahre", 18),
        ("in 2 Wochen", 0.46),
        ("6 mois", 6),
        ("half a year", 6),
        ("a month or two", None),
        ("3 years of experience", None),
        ("two offers, 3 months", 3),
        ("2.000 months", None),
        ("a year and a half", None),
        ("1 year and a half", None),
        ("a year and six months", None),
        ("a year and 6 months", None),
        ("1 year plus six months", None),
        ("1 year six months", None),
        ("ein Jahr und 6 Monate", None),
        ("1 an et demi", None),
        ("2 años y medio", None),
        ("1 Jahr und ein halbes", None),
        ("a month and a half", None),
        ("a year and ½", None),
        ("1 year and half a year", None),
        ("three quarters of a year", None),
        ("3 quarters of a year", 9),
        ("once a month", None),
        ("three times a month", None),
        ("2 days a week", None),
        ("Immediately, 12 month contract", None),
        ("12 mois de contrat", None),
        ("2 months overdue", None),
        ("3 months trial", None),
        ("3 months notice", None),
        ("in an 8 week window", 1.84),
        ("between 2 and 3 months", 3),
        ("3 months, this year", 3),
        ("in 3 months' time", 3),
        ("3 months at the latest", 3),
        ("6 months and then we decide", 6),
        ("innerhalb von 3 Monaten", 3),
    ],
)
def test_a_timeline_is_read_only_where_it_says_one(text: str, months: float | None) -> None:
    assert timeline_months(text) == months


@pytest.mark.parametrize(
    ("phone", "country", "normalised"),
    [
        ("030/123456", "DE", "+4930123456"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("(415) 555-0123", "US", "+14155550123"),
        ("+44 20 7946 0958", "US", "+442079460958"),
        ("12345", "US", None),
        ("call me: 555 1234567", None, None),
        ("030 123456", None, "030123456"),
        ("0 049 30 123456", None, "+4930123456"),
        ("0-0-49-30-1002003", None, "+49301002003"),
    ],
)
def test_a_phone_number_is_dialled_from_the_country_of_its_lead(
    phone: str, country: str | None, normalised: str | None
) -> None:
    assert normalise_phone(phone, country) == normalised


@pytest.mark.parametrize("text", ["5.000", "-5.000", "12.500", "123.456", "+1.234"])
def test_a_number_that_may_be_thousands_is_refused_where_nobody_said_how_it_is_written(
    text: str,
) -> None:
    with pytest.raises(NotANumber, match="fraction or thousands"):
        read_number(text, None)
    with pytest.raises(NotMoney, match="fraction or thousands"):
        read_money(f"€ {text}", None, "EUR", None)
    assert read_number(text, ".") == float(text)
    assert read_number(text, ",") == float(text) * 1000


@pytest.mark.parametrize("text", ["5", "5.0", "0.125", "5.0000", "1,500.50", "1234.567"])
def test_other_numbers_are_read_where_nobody_said_how_they_are_written(text: str) -> None:
    assert read_number(text, None) == float(text.replace(",", ""))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_of_a_typed_file_is_written_so_that_it_is_read_in_one_way(number: float) -> None:
    assert read_number(written(number), None) == number
