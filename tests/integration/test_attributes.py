"""An attribute is read as its kind, whatever type of value was stored; nothing breaks scoring."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from features.attribute_values import is_written_date
from features.attributes import KINDS
from features.builder import feature_query
from features.moments import these_leads
from leadflow.leads.events.types import read_types
from leadflow.leads.tables import AttributeDefinition, Lead
from leadflow.scoring.serving.feature_frames import custom_definitions
from tests.examples import examples

START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)


@pytest.fixture
def every_kind(session: Session) -> Session:
    """A session that knows one attribute of each kind, named like it."""
    for kind in KINDS:
        use = "words" if kind == "text" else None
        session.add(
            AttributeDefinition(name=kind, label=kind.title(), kind=kind, dimension="fit", use=use)
        )
    session.flush()
    return session


def read_all(session: Session, values: list[Any], as_of: datetime = MOMENT) -> list[dict[str, Any]]:
    """What each kind of attribute makes of each stored value."""
    leads = [
        Lead(
            source="test",
            created_at=START,
            known_from=START,
            attributes=dict.fromkeys(KINDS, value),
        )
        for value in values
    ]
    session.add_all(leads)
    session.flush()
    moments = these_leads(as_of, [lead.id for lead in leads])
    query = feature_query(moments, read_types(session), custom_definitions(session))
    rows = {row["lead_id"]: row for row in session.execute(query).mappings()}
    return [{kind: rows[lead.id][f"attributes.{kind}"] for kind in KINDS} for lead in leads]


def read(session: Session, value: Any, as_of: datetime = MOMENT) -> dict[str, Any]:
    """What each kind of attribute makes of one stored value."""
    [found] = read_all(session, [value], as_of)
    return found


NOTHING = dict.fromkeys(KINDS)


@pytest.mark.few(6)
@pytest.mark.parametrize(
    ("value", "known"),
    [
        (4.5, {"numeric": 4.5, "categorical": "4.5"}),
        (4.0, {"numeric": 4.0, "categorical": "4"}),
        (1.0, {"numeric": 1.0, "categorical": "1", "boolean": 1.0}),
        (0, {"numeric": 0.0, "categorical": "0", "boolean": 0.0}),
        (-1e308, {"numeric": -1e308, "categorical": f"{-(10**308)}"}),
        (5e-324, {"numeric": 0.0, "categorical": f"{5e-324:.324f}"}),
        (10**400, {"numeric": None, "categorical": str(10**400)}),
        (True, {"boolean": 1.0, "categorical": "true"}),
        (False, {"boolean": 0.0, "categorical": "false"}),
        ("Yes", {"boolean": 1.0, "categorical": "Yes", "text": 1}),
        ("4.50", {"numeric": 4.5, "categorical": "4.50", "text": 1}),
        ("  -3e2 ", {"numeric": -300.0, "categorical": "-3e2", "text": 1}),
        ("1e999", {"categorical": "1e999", "text": 1}),
        ("1" * 5000, {"categorical": "1" * 5000, "text": 1}),
        ("4,5", {"categorical": "4,5", "text": 1}),
        ("NaN", {"categorical": "NaN", "text": 1}),
        ("Infinity", {"categorical": "Infinity", "text": 1}),
        ("٣", {"categorical": "٣", "text": 1}),
        (" free words\n of  a person ", {"categorical": "free words\n of  a person", "text": 5}),
        ("", {}),
        ("   ", {}),
        (None, {}),
        ({"a": 1}, {}),
        ([1, 2], {}),
    ],
)
def test_a_value_of_any_type_is_read_or_missing(
    every_kind: Session, value: Any, known: dict[str, Any]
) -> None:
    assert read(every_kind, value) == NOTHING | known


@pytest.mark.few(6)
@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("2026-03-10", 0),
        ("2026-03-09", 1),
        ("2026-04-19", -40),
        ("2024-02-29", 740),
        ("2026-03-10T23:59:59Z", 0),
        ("2026-03-10T23:30:00-05:00", -1),
        ("2026-03-10 00:30:00.123456+02:00", 1),
        ("2026-03-11T01:00", -1),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31", (date(2026, 3, 10) - date(9999, 12, 31)).days),
        ("2026-02-30", None),
        ("2025-02-29", None),
        ("2026-13-01", None),
        ("2026-00-10", None),
        ("0000-01-01", None),
        ("2026-1-1", None),
        ("10.03.2026", None),
        ("2026-03-10T24:00", None),
        ("2026-03-10T10:00:60Z", None),
        ("2026-03-10\n", None),
        ("2026-03-10 soon", None),
        ("20260310", None),
        ("infinity", None),
        ("now", None),
    ],
)
def test_a_date_is_days_to_the_moment_and_a_malformed_one_is_missing(
    every_kind: Session, written: str, days: float | None
) -> None:
    found = read(every_kind, written)["date"]
    if written.startswith("0001"):
        assert found > 700_000
    else:
        assert found == days
    assert is_written_date(written) == (found is not None)


def test_the_days_of_a_date_move_with_the_moment(every_kind: Session) -> None:
    days = [
        read(every_kind, "2026-03-15", MOMENT + timedelta(days=ahead))["date"] for ahead in range(8)
    ]
    assert days == [-5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0]


moments = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m))),
)


@settings(
    max_examples=examples(10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(moment=moments)
def test_dates_are_counted_as_a_calendar_counts_them(every_kind: Session, moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    with every_kind.begin_nested() as savepoint:
        found = read(every_kind, whole.isoformat())["date"]
        savepoint.rollback()
    assert found == (MOMENT.date() - whole.astimezone(UTC).date()).days


JUNK = st.one_of(
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40),
    st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.+Z-]{0,20})?\Z"),
    st.from_regex(r"\A[+-]?[0-9.]{1,20}([eE][+-]?[0-9]{1,4})?\Z"),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**420), 10**420),
    st.booleans(),
    st.dates(date(1, 1, 1)).map(str),
    st.lists(st.integers(), max_size=3),
)


@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(values=st.lists(JUNK, min_size=5, max_size=30))
def test_no_stored_value_makes_the_query_fail(every_kind: Session, values: list[Any]) -> None:
    with every_kind.begin_nested() as savepoint:
        rows = read_all(every_kind, values)
        savepoint.rollback()
    for value, found in zip(values, rows, strict=True):
        assert found["boolean"] in (None, 0.0, 1.0)
        if isinstance(value, str):
            assert (found["date"] is not None) == is_written_date(value)
        elif isinstance(value, float):
            assert found["numeric"] == (value if abs(value) >= 1e-300 else 0.0)


def test_free_text_is_no_feature_unless_it_is_asked_for(every_kind: Session) -> None:
    every_kind.execute(text("UPDATE attribute_definitions SET use = NULL"))
    names = [definition.feature.name for definition in custom_definitions(every_kind)]
    assert "attributes.text" not in names
    assert len(names) == len(KINDS) - 1


def test_a_name_of_the_longest_length_keeps_its_own_column(session: Session) -> None:
    names = ["a" * 60 + ending for ending in ("bcd", "xyz")]
    for name in names:
        session.add(AttributeDefinition(name=name, label=name, kind="numeric", dimension="fit"))
    lead = Lead(
        source="test",
        created_at=START,
        known_from=START,
        attributes={name: float(place) for place, name in enumerate(names)},
    )
    session.add(lead)
    session.flush()
    query = feature_query(
        these_leads(MOMENT, [lead.id]), read_types(session), custom_definitions(session)
    )
    row = session.execute(query).mappings().one()
    assert [row[f"attributes.{name}"] for name in names] == [0.0, 1.0]
