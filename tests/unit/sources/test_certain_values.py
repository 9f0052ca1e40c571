"""What a record says is read for certain, or its record is refused with what to do about it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow.sources.definitions import parse_sources
from leadflow.sources.mapped import Came, Mapped
from leadflow.sources.mapping import map_deliveries

NOW = datetime(2026, 12, 20, tzinfo=UTC)
FIELDS = {
    "email": "email",
    "job_title": "title",
    "phone": "phone",
    "country": "country",
    "budget": "budget",
    "service_requirements": "wanted",
}
ATTRIBUTES = {
    "ends": {"column": "ends", "kind": "date"},
    "counted": {"column": "from_ms(counted)", "kind": "date"},
}
OUTCOME = {"column": "stage", "converted": ["won"], "at": "closed"}
MAPPING = {"key": "id", "changed_at": "changed", "fields": FIELDS, "attributes": ATTRIBUTES}
EVENTS = [{"type": "meeting", "each": "met", "occurred_at": "at", "external_id": "to_string(id)"}]


def mapped(record: dict[str, Any], **more: Any) -> Mapped:
    mapping = MAPPING | {"outcome": OUTCOME} | more.pop("mapping", {})
    said = {"scheme": "token", "mapping": mapping, "events": EVENTS, **more}
    source = parse_sources({"sources": {"crm": said}})["crm"]
    body = json.dumps({"id": "1"} | record).encode()
    return map_deliveries("crm", source, [Came("dlv_1", "d1", body, {}, NOW)], NOW, "EUR")


def reason(record: dict[str, Any], **more: Any) -> tuple[str, str]:
    said = mapped(record, **more).reasons["dlv_1"][-1]
    return said["field"], said["rule"]


def row(record: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = mapped(record, **more)
    assert found.reasons == {}
    assert found.frame is not None
    [one] = found.frame.to_dict("records")
    return {str(name): value for name, value in one.items()}


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("key", "own"),
    [
        ("id", None),
        ("id", True),
        ("id", False),
        ("id", ["7"]),
        ("id", {"a": 1}),
        ("id", "null"),
        ("id", "undefined"),
        ("to_string(id)", None),
        ("to_string(id)", True),
        ("to_string(id)", ["7"]),
        ("to_string(nothing)", "7"),
    ],
)
def test_a_key_that_is_nothing_or_a_truth_or_a_list_makes_no_lead(key: str, own: Any) -> None:
    assert reason({"id": own}, mapping={"key": key})[0] == "key"


@pytest.mark.parametrize("own", ["7", 7])
def test_a_key_may_be_a_text_or_a_number(own: Any) -> None:
    assert row({"id": own}, mapping={"key": "to_string(id)"})["external_id"] == "7"


def test_an_event_whose_id_is_nothing_has_one_of_its_own() -> None:
    met = [{"at": "2026-03-01T09:00:00Z"}, {"at": "2026-03-01T09:00:00Z", "id": None}]
    [events] = mapped({"met": met}).events.values()
    assert [one.external_id for one in events] == ["d1:0:0:0", "d1:0:0:1"]


def test_a_list_is_not_joined_unless_the_mapping_says_so() -> None:
    field, rule = reason({"title": ["CEO", "CTO"]})
    assert (field, "join('; ', PATH)" in rule) == ("fields.job_title", True)
    joined = {"fields": {"job_title": "join('; ', title)"}}
    assert row({"title": ["CEO", "CTO"]}, mapping=joined)["job_title"] == "CEO; CTO"
    wanted = row({"wanted": ["Web", "Shop"]})["service_requirements"]
    assert wanted == '{"Web","Shop"}'


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"changed": "2026-03-01T09:00:00"}, "changed_at"),
        ({"changed": "2026-03-01 09:00"}, "changed_at"),
        ({"changed": "2026-03-01"}, "changed_at"),
        ({"stage": "won", "closed": "2026-03-01T09:00"}, "outcome.at"),
        ({"ends": "2027-03-01T09:00:00.5"}, "attributes.ends"),
        ({"met": [{"at": "2026-03-01T09:00:00"}]}, "events[0]"),
    ],
)
def test_a_moment_without_its_zone_is_refused(record: dict[str, Any], field: str) -> None:
    found, rule = reason(record)
    assert (found, "time zone" in rule) == (field, True)


ZONED = [
    {"changed": "2026-07-01T09:00:00+02:00"},
    {"changed": "2026-07-01T07:00:00Z"},
    {"changed": "2026-07-01T09:00:00"},
]


@pytest.mark.parametrize("record", ZONED)
def test_a_moment_is_in_the_zone_that_it_says_or_that_its_source_says(
    record: dict[str, Any],
) -> None:
    summer = datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert row(record, zone="Europe/Berlin")["changed_at"] == summer
    met = {"met": [{"at": record["changed"]}]}
    [[event]] = mapped(met, zone="Europe/Berlin").events.values()
    assert event.occurred_at == summer


@pytest.mark.parametrize("at", ["2026-03-29T02:30:00", "2026-10-25T02:30:00"])
@pytest.mark.parametrize("where", ["changed_at", "events[0]"])
def test_a_time_that_comes_twice_or_never_is_refused(at: str, where: str) -> None:
    record = {"changed": at} if where == "changed_at" else {"met": [{"at": at}]}
    found, rule = reason(record, zone="Europe/Berlin")
    assert (found, "twice or never in Europe/Berlin" in rule) == (where, True)


def test_a_form_without_a_zone_is_in_the_zone_of_its_source() -> None:
    form = {"changed_at": {"column": "changed", "format": "%d.%m.%Y %H:%M"}}
    record = {"changed": "01.07.2026 09:00"}
    assert "time zone" in reason(record, mapping=form)[1]
    found = row(record, mapping=form, zone="Europe/Berlin")["changed_at"]
    assert found == datetime(2026, 7, 1, 7, tzinfo=UTC)


def test_a_day_stays_a_day_and_what_ends_on_one_ends_as_it_begins_there() -> None:
    record = {"ends": "2027-03-01", "stage": "won", "closed": "2026-07-01"}
    for zone, ended in (("Europe/Berlin", (2026, 6, 30, 22)), (None, (2026, 7, 1, 0))):
        found = row(record, **({"zone": zone} if zone else {}))
        assert json.loads(found["attributes"]) == {"ends": "2027-03-01"}
        assert found["occurred_at"] == datetime(*ended, tzinfo=UTC)


def test_a_zone_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'Berlin' is no time zone; one is Europe/Berlin"):
        mapped({}, zone="Berlin")


@pytest.mark.parametrize("at", [1772355600, 1772355600000, "1772355600"])
@pytest.mark.parametrize("where", ["changed_at", "events[0]"])
def test_a_number_where_a_moment_is_meant_says_what_counts_it(at: Any, where: str) -> None:
    record = {"changed": at} if where == "changed_at" else {"met": [{"at": at}]}
    found, rule = reason(record)
    assert (found, "from_seconds(PATH) or from_ms(PATH)" in rule) == (where, True)


def test_a_contract_may_end_in_years() -> None:
    found = row({"counted": 4102444800000})
    assert json.loads(found["attributes"]) == {"counted": "2100-01-01"}


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"phone": "call me"}, "phone"),
        ({"phone": "123 45", "country": "US"}, "phone"),
        ({"phone": "030 123456", "country": "UK"}, "phone"),
        ({"phone": "Tel. 030 1234567"}, "phone"),
        ({"country": "Atlantis"}, "country"),
    ],
)
def test_a_phone_or_a_country_that_cannot_be_read_is_refused(
    record: dict[str, Any], field: str
) -> None:
    found, rule = reason(record)
    assert (found, "such as" in rule) == (field, True)


@pytest.mark.parametrize(
    ("record", "phone"),
    [
        ({"phone": "030 1234567", "country": "DE"}, "+49301234567"),
        ({"phone": "+44 20 7946 0958"}, "+442079460958"),
        ({"phone": "030 1234567"}, "0301234567"),
        ({"phone": "", "country": ""}, None),
    ],
)
def test_a_phone_that_can_be_dialled_is_taken(record: dict[str, Any], phone: str | None) -> None:
    found = row(record)["phone"]
    assert (found if isinstance(found, str) else None) == phone


def test_a_number_that_may_be_two_says_where_a_source_says_its_mark() -> None:
    assert "say `decimal` of the source" in reason({"budget": "5.000"})[1]
    assert row({"budget": "5.000"}, decimal=",")["budget"] == 5000
    for too_fine in (1200.125, 0.001, "1200.1250001"):
        assert "more than two decimals" in reason({"budget": too_fine})[1]
    assert row({"budget": 1200.12})["budget"] == 1200.12


def test_a_number_of_thousands_of_digits_is_refused_in_plain_words() -> None:
    body = b'{"id": ' + b"7" * 5000 + b"}"
    source = parse_sources({"sources": {"crm": {"scheme": "token", "mapping": {"key": "id"}}}})
    came = Came("dlv_1", "d1", body, {}, NOW)
    [said] = map_deliveries("crm", source["crm"], [came], NOW, "EUR").reasons["dlv_1"]
    assert said["rule"] == "The body is no JSON: a number has more than 300 digits."
