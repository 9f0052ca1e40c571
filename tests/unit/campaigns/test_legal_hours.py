"""The law of every place where somebody may be holds, and where none is known the strictest."""

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from leadflow.campaigns.places.legal_hours import ROWS, allowed, next_allowed, rows_of
from leadflow.campaigns.places.whereabouts import Known, Place, whereabouts
from leadflow.cli.campaigns.campaigns import app
from tests.unit.campaigns.test_moments import local

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


def opens(places: tuple[Place, ...], at: datetime, by: str) -> datetime | None:
    channel = next(one for one in ("call", "sms", "email") if one == by)
    rows = rows_of(places, channel)
    return next_allowed(places, rows, at, any(row.holidays_closed for row in rows))


def test_a_state_s_own_hours_are_held_where_it_is() -> None:
    evening = local("2026-12-01 20:30", NEW_YORK)
    florida = (Place("US", "FL", NEW_YORK),)
    assert [row.place for row in rows_of(florida, "sms")] == ["US-FL"]
    assert opens(florida, evening, "sms") == local("2026-12-02 08:00", NEW_YORK)


def test_where_the_region_or_its_law_is_not_known_all_of_its_country_hold() -> None:
    for region in (None, "GA"):
        found = {row.place for row in rows_of((Place("US", region, NEW_YORK),), "call")}
        assert {"US", "US-KY", "US-FL"} <= found
        assert found <= {row.place for row in ROWS if row.country == "US"}


def test_a_country_that_is_not_in_the_table_goes_by_the_strictest_there_are() -> None:
    berlin = (Place("DE", "BE", BERLIN),)
    assert rows_of(berlin, "call") == tuple(row for row in ROWS if "call" in row.channels)
    assert allowed(rows_of(berlin, "call")).week_has_any
    # Neither on Saturday nor on Sunday, nor at lunch in France.
    assert opens(berlin, local("2026-12-05 12:00"), "call") == local("2026-12-07 10:00")
    assert opens(berlin, local("2026-12-07 13:00"), "call") == local("2026-12-07 14:00")


def test_a_public_holiday_is_no_day_for_calls_where_the_law_says_so() -> None:
    french = (Place("FR", None, "Europe/Paris"),)
    eve = local("2026-07-13 20:00", "Europe/Paris")
    assert opens(french, eve, "call") == local("2026-07-15 10:00", "Europe/Paris")


def test_no_law_closes_e_mail() -> None:
    night = datetime(2026, 12, 25, 2, tzinfo=UTC)
    for country in ("US", "FR", "DE", "IN"):
        places = whereabouts(Known(country), 2026)
        assert opens(places, night, "email") == night


def test_every_row_says_where_it_stands() -> None:
    assert len({(row.country, row.region) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert row.law
        assert row.url is not None
        assert row.url.startswith("https://")
        assert row.hours.week_has_any


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("--country Germany --region BE", 0, "DE-BE, Europe/Berlin"),
        ("--country DE --region BY --channel email", 0, "No law known here names hours for e-mail"),
        ("--country FR --channel call", 0, "https://www.legifrance.gouv.fr/"),
        ("--location Remote", 2, "names no place"),
        ("--country Atlantis", 2, "ISO 3166 code"),
        ("--country DE --channel fax", 2, "email, call, sms"),
    ],
)
def test_the_command_says_where_when_and_by_which_law(
    arguments: str, code: int, words: str
) -> None:
    result = CliRunner().invoke(app, ["hours", *arguments.split()], env={"COLUMNS": "300"})
    assert result.exit_code == code, result.output
    assert words in result.output
