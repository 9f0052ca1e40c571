"""Records are found where their source says; where nothing is, that is said with what there is."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow.sources.mapped import Came, Mapped
from leadflow.sources.mapping import map_deliveries
from tests.senders import source

NOW = datetime(2026, 3, 20, tzinfo=UTC)
SOAP = b"<Envelope><Body><note><Lead><id>1</id></Lead></note></Body></Envelope>"


def mapped(body: Any, scheme: str = "token", **more: Any) -> Mapped:
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    came = Came("dlv_1", "d1", written, {}, NOW)
    return map_deliveries("crm", source(scheme, **more), [came], NOW, "EUR")


@pytest.mark.parametrize(
    ("records", "body", "said"),
    [
        ("dta", {"data": [{"id": 1}]}, "finds nothing at `dta`; the body has `data`"),
        ("dta[]", {"data": [{"id": 1}]}, "finds nothing at `dta[]`; the body has `data`"),
        ("data.leads", {"data": {"people": []}}, "`data` has `people`"),
        ("data.leads.new", {"data": {"leads": [1]}}, "`data.leads` is a list"),
        ("data", {"data": None}, "the body has `data`"),
        ("data", None, "the body is null"),
        ("data", [], "the body is an empty list"),
        ("data", [{"data": {"id": 1}}], "the body is a list"),
        ("data", {}, "the body is empty"),
        ("data", {"ada@example.com": 1}, "the body has no plain names"),
        ("data", {f"k{n}": n for n in range(9)}, "`k5`, more"),
    ],
)
def test_a_delivery_without_anything_at_the_path_of_its_records_is_dead_and_says_what_it_has(
    records: str, body: Any, said: str
) -> None:
    found = mapped(body, records=records)
    [reason] = found.reasons["dlv_1"]
    assert (reason["field"], said in reason["rule"]) == ("records", True), reason
    assert "example.com" not in reason["rule"]


def test_xml_with_another_root_is_dead_and_says_what_it_has() -> None:
    found = mapped(SOAP, "salesforce", records="Envelope.Body.notifications.Notification")
    [reason] = found.reasons["dlv_1"]
    assert "`Envelope.Body` has `note`" in reason["rule"]


def test_a_body_that_is_null_is_dead() -> None:
    assert mapped(None).reasons["dlv_1"] == [{"field": "body", "rule": "is null"}]


@pytest.mark.parametrize(("records", "body"), [("data", {"data": []}), (None, [])])
def test_an_empty_list_is_taken_with_a_note(records: str | None, body: Any) -> None:
    found = mapped(body, records=records)
    assert found.reasons == {}
    where = "records" if records else "body"
    assert found.notes["dlv_1"] == [{"field": where, "rule": "is an empty list"}]


def test_what_only_leaves_out_is_counted_and_all_of_it_is_noted() -> None:
    body = [{"id": "1", "kind": "a"}, {"id": "2", "kind": "b"}]
    some, none = (mapped(body, only=f"kind == '{kind}'") for kind in "ax")
    assert (some.records["dlv_1"], some.left_out["dlv_1"], some.notes) == (1, 1, {})
    assert (none.records["dlv_1"], none.left_out["dlv_1"], none.reasons) == (0, 2, {})
    assert none.notes["dlv_1"] == [{"field": "only", "rule": "lets none of 2 pass"}]


@pytest.mark.parametrize("held", ["false", "true", "no", 0, 1])
@pytest.mark.parametrize("where", ["only", "events", "starts"])
def test_a_condition_that_is_a_text_or_a_number_is_refused_and_never_taken_for_true(
    held: Any, where: str
) -> None:
    conditions: dict[str, Any] = {
        "only": "held",
        "events": [{"type": "meeting", "only": "held"}],
        "starts": [{"deployment": "score_leads", "only": "held"}],
    }
    said = {where: conditions[where]}
    [reason] = mapped({"id": "1", "held": held}, **said).reasons["dlv_1"]
    assert reason["field"] == {"only": "only", "events": "events[0]"}.get(where, "starts[0].only")
    assert "compare it, held == " in reason["rule"]


@pytest.mark.parametrize(
    ("held", "passes"),
    [(True, 1), (False, 0), (None, 0), ("", 0), ([], 0), ({}, 0), ([1], 1), ({"a": 1}, 1)],
)
def test_a_condition_holds_where_it_is_true_or_something_is_there(held: Any, passes: int) -> None:
    assert mapped({"id": "1", "held": held}, only="held").records["dlv_1"] == passes
