"""What is not said of a place does not change."""

import pytest

from leadflow.leads.columns import NotAPhone, given_columns
from leadflow.leads.schemas import LeadEdit
from leadflow.leads.tables import Lead

SAID = Lead(location="Austin, TX", country="US", region="TX", country_said=True)
AUSTIN = Lead(location="Austin, TX", country="US", region="TX")
GHENT = Lead(location="Gent", country="BE", region=None)
NOWHERE = Lead(location=None, country=None, region=None)
TEXAN = Lead(location="Floor 3", country="US", region="TX")


@pytest.mark.parametrize(
    ("known", "said", "country", "region"),
    [
        (AUSTIN, {"country": "US"}, "US", "TX"),
        (AUSTIN, {"country": "Germany"}, "DE", None),
        (AUSTIN, {"country": None}, "US", "TX"),
        (AUSTIN, {"location": "Floor 3"}, None, None),
        (SAID, {"location": "Floor 3"}, "US", "TX"),
        (SAID, {"location": "Paris, France"}, "FR", None),
        (AUSTIN, {"location": "Boston, MA"}, "US", "MA"),
        (AUSTIN, {"location": "Paris, France"}, "FR", None),
        (AUSTIN, {"location": None}, None, None),
        (SAID, {"location": None}, "US", "TX"),
        (AUSTIN, {"location": "Floor 3", "country": "BE"}, "BE", None),
        (GHENT, {"location": "Floor 3"}, "BE", None),
        (GHENT, {"location": "CA"}, "BE", None),
        (GHENT, {"country": "Belgium"}, "BE", None),
        (NOWHERE, {"location": "Floor 3"}, None, None),
        (NOWHERE, {"country": "BE"}, "BE", None),
        (TEXAN, {"location": "Dallas"}, "US", "TX"),
        (TEXAN, {"country": "US"}, "US", "TX"),
        (TEXAN, {"country": "Germany"}, "DE", None),
        (GHENT, {"country": None}, None, None),
    ],
)
def test_a_place_changes_by_what_is_said_of_it(
    known: Lead, said: dict[str, str | None], country: str | None, region: str | None
) -> None:
    columns = given_columns(LeadEdit.model_validate(said), known)
    assert (columns["country"], columns["region"]) == (country, region)


def test_another_field_moves_nobody() -> None:
    assert {"country", "region", "location"}.isdisjoint(
        given_columns(LeadEdit(job_title="CEO"), AUSTIN)
    )


def test_only_null_empties_a_telephone_number() -> None:
    known = Lead(location="Austin, TX", country="US", region="TX", phone="+14155550123")
    assert given_columns(LeadEdit(phone=None), known) == {"phone": None, "has_phone": False}
    with pytest.raises(NotAPhone, match="in US"):
        given_columns(LeadEdit(phone="123 45"), known)


def test_a_phone_number_is_read_with_the_known_country() -> None:
    known = Lead(location=None, country="DE", region=None)
    assert given_columns(LeadEdit(phone="030 123456"), known)["phone"] == "+4930123456"
    both = LeadEdit(phone="01 42 34 56 78", country="FR")
    assert given_columns(both, known)["phone"] == "+33142345678"
