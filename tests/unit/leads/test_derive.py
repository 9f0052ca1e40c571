"""What is derived from the words a lead comes with."""

import pytest

from leadflow.leads import derive


@pytest.mark.parametrize(
    ("location", "country", "expected"),
    [
        ("San Francisco, CA", None, ("US", "CA")),
        ("Austin, Texas", None, ("US", "TX")),
        ("New York, NY, USA", None, ("US", "NY")),
        ("Toronto, ON", None, ("CA", "ON")),
        ("Sydney, NSW, Australia", None, ("AU", "NSW")),
        ("Berlin, Germany", None, ("DE", None)),
        ("London, UK", None, ("GB", None)),
        ("Paris, FR", None, ("FR", None)),
        ("Korea", None, ("KR", None)),
        ("Berlin, DE", "Germany", ("DE", None)),
        (None, "usa", ("US", None)),
        ("CA", None, (None, None)),
        ("Wien, Österreich", None, ("AT", None)),
        (None, "Deutschland", ("DE", None)),
        (None, "Pays-Bas", ("NL", None)),
        (None, "España", ("ES", None)),
        ("somewhere", None, (None, None)),
        (None, None, (None, None)),
    ],
)
def test_a_location_gives_country_and_region(
    location: str | None, country: str | None, expected: tuple[str | None, str | None]
) -> None:
    assert derive.place(location, country) == expected


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("1-3 months", 3),
        ("3 – 6 Months", 6),
        ("6+ months", 6),
        ("immediately", 0),
        ("ASAP", 0),
        ("next quarter", 3),
        ("within a year", 12),
        ("1 to 2 years", 24),
        ("2 weeks", 0.46),
        ("3", 3),
        ("not now", None),
        ("Q3 2027", None),
        ("just looking", 24),
        (None, None),
    ],
)
def test_a_timeline_gives_the_latest_start_in_months(text: str | None, months: float) -> None:
    assert derive.timeline_months(text) == months


def test_email_addresses_are_told_apart_by_their_domain() -> None:
    assert derive.email_kind(" Ada@GMAIL.com ") == "free"
    assert derive.email_kind("ada@gmail.example.com") == "company"
    assert derive.email_kind(None) == "none"
    assert derive.normalise_email(" Ada@Example.COM ") == "ada@example.com"


@pytest.mark.parametrize(
    ("phone", "normalised"),
    [
        ("+1 (415) 555-0123", "+14155550123"),
        ("0049 30 123456", "+4930123456"),
        ("030/123456", "030123456"),
        ("+1 415 555 0100 ext 5", "+14155550100;ext=5"),
        ("+14155550100;ext=5", "+14155550100;ext=5"),
        ("030/123456 ext 5", None),
        ("n/a", None),
        (None, None),
    ],
)
def test_phone_numbers_keep_their_digits(phone: str | None, normalised: str | None) -> None:
    assert derive.normalise_phone(phone) == normalised
