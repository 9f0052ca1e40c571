"""A lead is in every place that it may be in, and in none that is guessed."""

import pytest

from leadflow.campaigns.places.countries import zones_of_country
from leadflow.campaigns.places.towns import towns_named
from leadflow.campaigns.places.whereabouts import Known, whereabouts

YEAR = 2026


def zones(**known: str) -> list[str]:
    return [place.zone for place in whereabouts(Known(**known), YEAR)]


def regions(**known: str) -> set[str]:
    found = whereabouts(Known(**known), YEAR)
    return {f"{place.country}-{place.region}" for place in found}


@pytest.mark.parametrize(
    ("location", "zone"),
    [
        ("München", "Europe/Berlin"),
        ("Munich", "Europe/Berlin"),
        ("Мюнхен", "Europe/Berlin"),
        ("10115 Berlin", "Europe/Berlin"),
        ("東京", "Asia/Tokyo"),
        ("القاهرة", "Africa/Cairo"),
        ("Bruxelles", "Europe/Brussels"),
        ("Den Haag", "Europe/Amsterdam"),
        ("São Paulo, Brasil", "America/Sao_Paulo"),
        ("Москва", "Europe/Moscow"),
        ("Lisboa", "Europe/Lisbon"),
        ("Springfield, Illinois", "America/Chicago"),
        ("El Paso, TX", "America/Denver"),
        ("Las Palmas de Gran Canaria, Spain", "Atlantic/Canary"),
        ("Winnipeg, MB", "America/Winnipeg"),
    ],
)
def test_a_town_is_known_by_its_names_in_every_language(location: str, zone: str) -> None:
    assert zones(location=location) == [zone]


def test_a_name_of_several_towns_is_each_of_them_unless_the_country_says_which() -> None:
    assert zones(location="Paris") == ["Europe/Paris", "America/Chicago"]
    assert zones(location="Paris", country="FR") == ["Europe/Paris"]
    assert zones(location="Paris, TX") == ["America/Chicago"]
    assert zones(location="Moscow") == ["Europe/Moscow", "America/Los_Angeles"]
    assert set(zones(location="Springfield", country="US")) == {
        "America/Chicago",
        "America/New_York",
        "America/Los_Angeles",
    }
    # Of two towns in one location it may be either.
    assert {"Europe/London", "America/Denver"} <= set(zones(location="Westminster, London"))


def test_a_small_town_is_not_meant_by_a_name_that_is_not_its_first() -> None:
    assert [town.country for town in towns_named("berlin")] == ["DE"]
    assert {town.country for town in towns_named("paris")} == {"FR", "US"}


def test_a_country_with_one_clock_is_certain_and_one_with_several_is_all_of_them() -> None:
    assert zones(country="DE") == ["Europe/Berlin"]
    assert zones(country="AR") == ["America/Argentina/Buenos_Aires"]
    assert zones(country="ES") == ["Europe/Madrid", "Atlantic/Canary"]
    american = zones(country="US")
    assert american[0] == "America/New_York"
    assert {"America/Phoenix", "America/Denver", "Pacific/Honolulu"} <= set(american)
    # Detroit's clocks show what New York's do.
    assert "America/Detroit" not in american
    assert zones_of_country("XX", YEAR) == ()


def test_a_region_has_its_own_zones_also_where_it_has_two() -> None:
    assert zones(country="US", region="CA") == ["America/Los_Angeles"]
    assert zones(country="US", region="TX") == ["America/Chicago", "America/Denver"]
    assert zones(country="AU", region="SA") == ["Australia/Adelaide"]
    assert zones(country="CA", region="BC")[0] == "America/Vancouver"


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"phone": "+4930123456"}, ["Europe/Berlin"]),
        ({"phone": "+4930123456;ext=5"}, ["Europe/Berlin"]),
        ({"country": "US", "phone": "+14155550123"}, ["America/Los_Angeles"]),
        ({"country": "US", "region": "TX", "phone": "+19155551234"}, ["America/Denver"]),
        ({"country": "BR", "phone": "+5592987654321"}, ["America/Manaus"]),
        # A town is believed before a number, which moves with its owner.
        ({"location": "Boston, MA", "phone": "+14155550123"}, ["America/New_York"]),
        # Digits without a country say nothing.
        ({"phone": "03012345"}, []),
    ],
)
def test_an_area_code_says_where_when_the_place_does_not(
    known: dict[str, str], found: list[str]
) -> None:
    assert zones(**known) == found


def test_a_number_that_says_no_place_in_the_country_leaves_all_of_it() -> None:
    russian = zones(country="RU")
    assert len(russian) > 9
    # A mobile number may be anywhere in its country; one of another country says nothing here.
    assert zones(phone="+79161234567") == russian
    assert zones(country="US", phone="+4930123456") == zones(country="US")
    texan = zones(country="US", region="TX")
    assert zones(country="US", region="TX", phone="+12125551234") == texan


@pytest.mark.parametrize("location", ["Floor 3", "Remote", "", "Europe", "12345"])
def test_what_names_no_place_is_nowhere(location: str) -> None:
    assert zones(location=location) == []
    assert zones(location=location, country="DE") == ["Europe/Berlin"]


@pytest.mark.parametrize(
    ("location", "country", "region"),
    [
        ("Berlin", "DE", "BE"),
        ("Köln", "DE", "NW"),
        ("Dresden", "DE", "SN"),
        ("Schwerin", "DE", "MV"),
        ("Wien", "AT", "9"),
        ("Graz", "AT", "6"),
        ("Genève", "CH", "GE"),
        ("Glasgow", "GB", "SCT"),
        ("Montréal", "CA", "QC"),
        ("Halifax", "CA", "NS"),
        ("Hobart", "AU", "TAS"),
        ("Darwin", "AU", "NT"),
        ("Chicago", "US", "IL"),
    ],
)
def test_a_town_says_which_region_s_law_and_holidays_hold(
    location: str, country: str, region: str
) -> None:
    assert regions(location=location, country=country) == {f"{country}-{region}"}
