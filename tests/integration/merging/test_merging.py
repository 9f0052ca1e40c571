"""Two leads that are one person become one, and two again: nothing is lost, counted twice or known
before it was."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from features.builder import feature_query
from features.moments import these_leads
from features.training_moments import training_moments
from leadflow.accounts.people import add_person
from leadflow.assignment.routing.sweep import sweep
from leadflow.assignment.tables import Assignment, RepLoad
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.assignment.work.handover import find_rep
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.notes import write_note
from leadflow.follow_ups.tags import tag
from leadflow.follow_ups.tasks import NewTask, add_task
from leadflow.intake.files import import_file
from leadflow.leads.changes import mark_changed
from leadflow.leads.events.types import read_types
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.tables import ChangedLead, Lead, LeadEvent, Outcome
from leadflow.rules.schemas import parse_rules
from leadflow.rules.segments.service import apply, counts
from leadflow.rules.service import matches
from leadflow.scoring.batch.runs import open_run, score_partition
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from models.rubric import Rubric
from tests.deciders import signed_in_already
from tests.integration.follow_ups.test_follow_ups import assign, kind_of
from tests.integration.test_permissions import TEAM
from tests.made_up import AnyActions

# What is the same before a merge and after its split, of each table.
SAME = {
    "leads": "to_jsonb(t) - 'updated_at' - 'known_from'",
    "lead_events": "to_jsonb(t)",
    "outcome_log": "to_jsonb(t)",
    "outcomes": "to_jsonb(t) - 'id'",
    "reopened_losses": "to_jsonb(t)",
    "lead_notes": "to_jsonb(t)",
    "lead_tasks": "to_jsonb(t)",
    "lead_tags": "to_jsonb(t)",
    "assignments": "to_jsonb(t)",
    "assignment_steps": "to_jsonb(t)",
}
MAPPING = parse_mapping(
    {"source": "shop", "key": "id", "fields": {"email": "mail", "industry": "industry"}}
)


def send(client: TestClient, **fields: Any) -> str:
    answer = client.post("/leads", json=fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["lead"]["id"])


@pytest.fixture
def pair(client: TestClient) -> tuple[str, str]:
    """Two leads of one person, each with an address and an id of its own."""
    first = send(
        client,
        email="ada@example.com",
        source="crm",
        external_id="c1",
        industry="retail",
        attributes={"plan": "pro"},
    )
    second = send(
        client,
        email="ada@techcorp.com",
        source="shop",
        external_id="s1",
        industry="technology",
        first_name="Ada",
        phone="+1 415 555 0100",
        company_size=150,
        budget=25000,
        currency="EUR",
        attributes={"plan": "free", "seats": 9},
    )
    return first, second


def merge(client: TestClient, survivor: str, other: str) -> dict[str, Any]:
    body = {"other": other, "reason": "The same person"}
    answer = client.post(f"/leads/{survivor}/merge", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def split(client: TestClient, merged: dict[str, Any]) -> Any:
    return client.post(f"/merges/{merged['merge']['id']}/split")


def everything(session: Session, *lead_ids: str) -> dict[str, list[str]]:
    """All rows of these leads, but for the moments of their last change."""
    found = {}
    for table, columns in SAME.items():
        key = "id" if table == "leads" else "lead_id"
        query = text(f"SELECT {columns} FROM {table} t WHERE {key} = ANY(:leads)")  # noqa: S608
        rows = session.execute(query, {"leads": list(lead_ids)}).scalars()
        found[table] = sorted(json.dumps(row, sort_keys=True) for row in rows)
    return found


def features(session: Session, lead_id: str, moment: datetime) -> dict[str, Any]:
    query = feature_query(these_leads(moment, [lead_id]), read_types(session))
    return dict(session.execute(query).mappings().one())


def test_the_survivor_keeps_what_it_has_and_gets_what_it_has_not(
    client: TestClient, pair: tuple[str, str]
) -> None:
    survivor, other = pair
    before = client.get(f"/leads/{survivor}/score").json()
    merged = merge(client, survivor, other)
    [view] = merged["leads"]
    lead = view["lead"]
    assert (lead["id"], lead["email"], lead["industry"]) == (survivor, "ada@example.com", "retail")
    assert (lead["first_name"], lead["phone"]) == ("Ada", "+14155550100")
    assert (lead["company_size"], lead["budget"], lead["currency"]) == (150, 25000.0, "EUR")
    assert lead["attributes"] == {"plan": "pro", "seats": 9}
    assert view["score"]["as_of"] > before["as_of"]
    assert view["score"]["total"] > before["total"]
    assert {"first_name", "phone", "budget", "attributes.seats"} <= set(merged["merge"]["filled"])
    with unit_of_work() as session:
        acts = session.execute(
            select(AuditEntry.action, AuditEntry.subject).where(AuditEntry.action.like("%merged%"))
        )
        assert set(acts.tuples()) == {("lead.merged", survivor), ("lead.merged_away", other)}


def test_the_other_is_answered_with_the_survivor_and_found_by_none_of_its_names(
    client: TestClient, pair: tuple[str, str]
) -> None:
    survivor, other = pair
    merge(client, survivor, other)
    for method, address, body in (
        ("GET", "", None),
        ("GET", "/score", None),
        ("GET", "/notes", None),
        ("GET", "/tasks", None),
        ("GET", "/tags", None),
        ("PATCH", "", {"industry": "x"}),
        ("POST", "/events", {"type": "meeting"}),
        ("POST", "/outcomes", {"outcome": "lost"}),
        ("POST", "/notes", {"text": "x"}),
        ("POST", "/tasks", {"what": "x"}),
        ("POST", "/tags", {"tags": ["x"]}),
        ("POST", "/score-override", {"new_score": 50, "reason": "x"}),
        ("POST", "/assignment/accept", None),
    ):
        answer = client.request(method, f"/leads/{other}{address}", json=body)
        assert (answer.status_code, kind_of(answer)) == (410, "lead-merged"), (method, address)
        assert answer.json()["survivor_id"] == survivor
    by_address = client.post("/leads", json={"email": "ada@techcorp.com", "job_title": "CTO"})
    assert by_address.status_code == 200
    assert by_address.json()["lead"]["id"] == survivor
    assert by_address.json()["lead"]["job_title"] == "CTO"
    assert by_address.json()["lead"]["email"] == "ada@example.com"
    named = {"email": "new@example.com", "source": "shop", "external_id": "s1", "timeline": "now"}
    by_id = client.post("/leads", json=named)
    assert (by_id.status_code, by_id.json()["lead"]["id"]) == (200, survivor)
    assert by_id.json()["lead"]["email"] == "ada@example.com"
    of_its_own = {"email": "newer@example.com", "source": "crm", "external_id": "c1"}
    moved = client.post("/leads", json=of_its_own)
    assert (moved.json()["lead"]["id"], moved.json()["lead"]["email"]) == (
        survivor,
        "newer@example.com",
    )


def test_an_edit_to_the_others_address_is_told_of_the_lead_that_has_it_by_now(
    client: TestClient, pair: tuple[str, str]
) -> None:
    survivor, other = pair
    third = send(client, email="third@example.com")
    merge(client, survivor, other)
    for lead, said in ((third, f"into {survivor}. Edit that lead"), (survivor, "into this lead")):
        answer = client.patch(f"/leads/{lead}", json={"email": "ada@techcorp.com"})
        assert (answer.status_code, kind_of(answer)) == (409, "lead-taken")
        assert said in answer.json()["detail"]


def test_many_are_tagged_all_or_none_and_one_that_was_merged_is_named(
    client: TestClient, pair: tuple[str, str]
) -> None:
    survivor, other = pair
    merge(client, survivor, other)
    for change in ("add", "remove"):
        answer = client.post("/tags", json={"lead_ids": [survivor, other], change: ["vip"]})
        assert (answer.status_code, kind_of(answer)) == (410, "lead-merged")
        assert answer.json()["survivor_id"] == survivor
        assert other in answer.json()["detail"]
    assert client.get("/tags").json()["items"] == []
    nothing = client.post("/tags", json={"lead_ids": [survivor]})
    assert (nothing.status_code, kind_of(nothing)) == (422, "invalid-input")


def test_an_address_that_is_gone_from_the_survivor_does_not_make_it_take_the_others(
    client: TestClient, pair: tuple[str, str]
) -> None:
    survivor, other = pair
    merged = merge(client, survivor, other)
    assert client.patch(f"/leads/{survivor}", json={"email": None}).status_code == 200
    known = client.post("/leads", json={"email": "ada@techcorp.com", "job_title": "CTO"})
    assert (known.status_code, known.json()["lead"]["email"]) == (200, None)
    assert known.json()["lead"]["job_title"] == "CTO"
    split(client, merged)
    assert client.get(f"/leads/{other}").json()["lead"]["email"] == "ada@techcorp.com"


def test_a_row_of_a_file_by_the_others_id_or_address_updates_the_survivor(
    client: TestClient, pair: tuple[str, str], tmp_path: Path
) -> None:
    survivor, other = pair
    merge(client, survivor, other)
    path = tmp_path / "rows.jsonl"
    rows = [
        {"id": "s1", "mail": None, "industry": "finance"},
        {"id": "s2", "mail": "ada@techcorp.com", "industry": "energy"},
        {"id": "s3", "mail": "new@example.com", "industry": "energy"},
        {"id": "s1", "mail": "ada.new@techcorp.com", "industry": "energy"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    with unit_of_work() as session:
        engine = session.get_bind()
        summary = import_file(path, MAPPING, get_settings(), engine, datetime.now(UTC))  # type: ignore[arg-type]
    assert summary.stored.new == 1
    with unit_of_work() as session:
        lead, gone = session.get_one(Lead, survivor), session.get_one(Lead, other)
        assert (lead.industry, lead.email, lead.external_id) == ("energy", "ada@example.com", "c1")
        assert (gone.industry, gone.email, gone.external_id) == (
            "technology",
            "ada@techcorp.com",
            "s1",
        )


def test_features_as_of_a_moment_before_the_merge_are_as_they_were_and_later_ones_know_all(
    client: TestClient, pair: tuple[str, str]
) -> None:
    survivor, other = pair
    told = {"type": "meeting", "source": "cal", "external_id": "m1"}
    for lead_id, event in ((survivor, {"type": "email_reply"}), (other, told)):
        assert client.post(f"/leads/{lead_id}/events", json=event).status_code == 201
    moment = datetime.now(UTC)
    with unit_of_work() as session:
        before = [features(session, one, moment) for one in pair]
    merged = merge(client, survivor, other)
    later = datetime.now(UTC)
    with unit_of_work() as session:
        assert [features(session, one, moment) for one in pair] == before
        now = features(session, survivor, later)
        assert (now["meetings"], now["email_replies"]) == (1, 1)
    again = client.post(f"/leads/{survivor}/events", json=told)
    assert (again.status_code, again.json()["known"]) == (200, 1)
    assert split(client, merged).status_code == 200
    with unit_of_work() as session:
        assert [features(session, one, moment) for one in pair] == before
        assert features(session, survivor, datetime.now(UTC))["meetings"] == 0


def test_one_person_is_learned_from_once(client: TestClient, pair: tuple[str, str]) -> None:
    survivor, other = pair
    merged = merge(client, survivor, other)
    much_later = datetime.now(UTC) + timedelta(days=900)
    moments = training_moments(much_later, timedelta(days=90))
    with unit_of_work() as session:
        assert {row.lead_id for row in session.execute(moments)} == {survivor}
    split(client, merged)
    with unit_of_work() as session:
        assert {row.lead_id for row in session.execute(moments)} == {survivor, other}


def test_a_split_restores_both_exactly_and_what_came_since_is_the_survivors(
    client: TestClient, pair: tuple[str, str]
) -> None:
    survivor, other = pair
    now = datetime.now(UTC)
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        assign(session, survivor, "north-one")
        assign(session, other, "north-two")
        for lead_id, name in ((survivor, "one"), (other, "two")):
            write_note(session, lead_id, name, "x", now)
            add_task(session, [NewTask(lead_id, name)], "x", now)
            tag(session, [lead_id], ["both", name], "x", now)
    for lead_id in pair:
        client.post(f"/leads/{lead_id}/events", json={"type": "form_sent"})
    client.post(f"/leads/{other}/outcomes", json={"outcome": "lost"})
    with unit_of_work() as session:
        before = everything(session, survivor), everything(session, other)
    merged = merge(client, survivor, other)
    with unit_of_work() as session:
        notes = {row["text"] for row in client.get(f"/leads/{survivor}/notes").json()["items"]}
        assert notes == {"one", "two"}
        assert client.get(f"/leads/{survivor}/tags").json()["tags"] == ["both", "one", "two"]
        assert {row["what"] for row in client.get("/tasks").json()["items"]} == {"one", "two"}
        assert session.scalars(select(Outcome.lead_id)).all() == [survivor]
        active = select(Assignment.lead_id).where(Assignment.ended_at.is_(None))
        assert session.scalars(active).all() == []
        assert {load.open_leads for load in session.scalars(select(RepLoad))} == {0}
        assert session.get(ChangedLead, other) is None
    parted = split(client, merged)
    assert parted.status_code == 200, parted.text
    assert sorted(view["lead"]["id"] for view in parted.json()["leads"]) == sorted(pair)
    with unit_of_work() as session:
        assert (everything(session, survivor), everything(session, other)) == before
        loads = {load.rep_id: load.open_leads for load in session.scalars(select(RepLoad))}
        assert loads[find_rep(session, "north-one").id] == 1


def test_what_came_since_stays_with_the_survivor_and_what_was_said_since_too(
    client: TestClient, pair: tuple[str, str]
) -> None:
    survivor, other = pair
    merged = merge(client, survivor, other)
    client.post(f"/leads/{survivor}/events", json={"type": "meeting"})
    client.post(f"/leads/{survivor}/notes", json={"text": "since"})
    client.patch(f"/leads/{survivor}", json={"company_size": 7})
    client.patch(f"/leads/{survivor}", json={"attributes": {"seats": 11}})
    split(client, merged)
    lead = client.get(f"/leads/{survivor}").json()["lead"]
    assert (lead["company_size"], lead["first_name"], lead["budget"]) == (7, None, None)
    assert lead["attributes"] == {"plan": "pro", "seats": 11}
    theirs = client.get(f"/leads/{other}").json()["lead"]
    assert (theirs["company_size"], theirs["first_name"]) == (150, "Ada")
    with unit_of_work() as session:
        assert session.scalars(select(LeadEvent.lead_id)).all() == [survivor]
    assert len(client.get(f"/leads/{survivor}/notes").json()["items"]) == 1


def test_the_others_salesperson_has_the_survivor_where_nobody_had_it(
    client: TestClient, pair: tuple[str, str]
) -> None:
    survivor, other = pair
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        made = assign(session, other, "north-two")
    assert client.post(f"/leads/{other}/assignment/accept").status_code == 200
    merged = merge(client, survivor, other)
    held = client.get(f"/leads/{survivor}/assignment").json()["owner"]
    assert held["name"] == "N2"
    steps = client.get(f"/leads/{survivor}/assignment/steps").json()["items"]
    assert [step["kind"] for step in steps] == ["accepted"]
    with unit_of_work() as session:
        assert session.get_one(RepLoad, made.rep_id).open_leads == 1
    split(client, merged)
    assert client.get(f"/leads/{other}/assignment").json()["owner"]["name"] == "N2"
    assert client.get(f"/leads/{survivor}/assignment").json()["owner"] is None
    with unit_of_work() as session:
        assert session.get_one(RepLoad, made.rep_id).open_leads == 1


def test_an_address_passes_to_a_survivor_without_one_and_back(
    client: TestClient, pair: tuple[str, str]
) -> None:
    _, other = pair
    with unit_of_work() as session:
        nameless = Lead(source="list", known_from=datetime.now(UTC))
        session.add(nameless)
        session.flush()
        survivor = nameless.id
    merged = merge(client, survivor, other)
    assert client.get(f"/leads/{survivor}").json()["lead"]["email"] == "ada@techcorp.com"
    known = client.post("/leads", json={"email": "ada@techcorp.com"})
    assert known.json()["lead"]["id"] == survivor
    split(client, merged)
    assert client.get(f"/leads/{survivor}").json()["lead"]["email"] is None
    assert client.get(f"/leads/{other}").json()["lead"]["email"] == "ada@techcorp.com"
    known = client.post("/leads", json={"email": "ada@techcorp.com"})
    assert known.json()["lead"]["id"] == other


def test_merges_of_merges_are_split_the_last_one_first(
    client: TestClient, pair: tuple[str, str]
) -> None:
    second, first = pair
    third = send(client, email="ada@third.com")
    lower = merge(client, second, first)
    upper = merge(client, third, second)
    assert client.get(f"/leads/{first}").json()["survivor_id"] == third
    assert client.post("/leads", json={"email": "ada@techcorp.com"}).json()["lead"]["id"] == third
    refused = split(client, lower)
    assert (refused.status_code, kind_of(refused)) == (409, "split-refused")
    assert upper["merge"]["id"] in refused.json()["detail"]
    fourth = send(client, email="ada@fourth.com")
    newest = merge(client, third, fourth)
    assert newest["merge"]["id"] in split(client, upper).json()["detail"]
    for one in (newest, upper):
        assert split(client, one).status_code == 200
    assert client.get(f"/leads/{first}").json()["survivor_id"] == second
    assert split(client, lower).status_code == 200
    assert {client.get(f"/leads/{one}").status_code for one in (first, second, third)} == {200}
    assert kind_of(split(client, lower)) == "split-refused"


def test_what_cannot_be_one_is_refused(client: TestClient, pair: tuple[str, str]) -> None:
    survivor, other = pair

    def refused(into: str, named: str) -> tuple[int, str]:
        body = {"other": named, "reason": "x"}
        answer = client.post(f"/leads/{into}/merge", json=body)
        return answer.status_code, kind_of(answer)

    assert refused(survivor, survivor) == (409, "merge-refused")
    assert refused(survivor, "lead_none") == (404, "lead-not-found")
    merge(client, survivor, other)
    assert refused(survivor, other) == (410, "lead-merged")
    assert refused(other, survivor) == (410, "lead-merged")
    assert kind_of(client.post("/merges/merge_none/split")) == "merge-not-found"


def test_nothing_happens_to_the_other_any_more(client: TestClient, pair: tuple[str, str]) -> None:
    survivor, other = pair
    merge(client, survivor, other)
    now, settings = datetime.now(UTC), get_settings()
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        mark_changed(session, pair)
        assert session.scalars(select(ChangedLead.lead_id)).all() == [survivor]
        sweep(session, settings, None, now)
        assert other not in set(session.scalars(select(Assignment.lead_id)))
        assert sum(matches(session, parse_rules([], AnyActions), now).values()) == 1
        segment = {"conditions": {"source": {"operator": "exists", "value": True}}}
        apply(session, {"segments": {"all": segment}}, "test", now)
        assert counts(session, now) == {"all": 1}
        scorer, as_of = Rubric.load(), now + timedelta(minutes=1)
        run = open_run(session, scorer, as_of, True, now, settings)
        scored = score_partition(session, scorer, run, 0, settings)
        assert scored is not None
        assert scored.leads == 1
        current = select(LeadScore.lead_id).where(LeadScore.is_current)
        assert session.scalars(current).all() == [survivor]


def test_both_have_to_be_within_reach_and_the_page_of_the_other_goes_on(
    client: TestClient, pair: tuple[str, str]
) -> None:
    survivor, other = pair
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        assign(session, survivor, "north-one")
        assign(session, other, "south-boss")
        rep_id = find_rep(session, "north-one").id
        for name, roles in (("ann", ["sales_rep"]), ("root", ["admin"])):
            person = add_person(
                session, name, name, roles, "test", rep_id=rep_id if name == "ann" else None
            )
            signed_in_already(session, person)
    client.headers.pop("X-API-Key")
    ann, root = ({"Authorization": f"Bearer lfs_{name}"} for name in ("ann", "root"))
    body = {"other": other, "reason": "x"}
    refused = client.post(f"/leads/{survivor}/merge", json=body, headers=ann)
    assert (refused.status_code, kind_of(refused)) == (403, "not-yours")
    body = {"other": survivor, "reason": "x"}
    merged = client.post(f"/leads/{other}/merge", json=body, headers=root).json()
    split_by_ann = client.post(f"/merges/{merged['merge']['id']}/split", headers=ann)
    assert (split_by_ann.status_code, kind_of(split_by_ann)) == (403, "not-yours")
    page = client.get(f"/console/leads/{survivor}", headers=root, follow_redirects=False)
    assert (page.status_code, page.headers["location"]) == (303, f"/console/leads/{other}")
    assert f"merged with {survivor}" in client.get(page.headers["location"], headers=root).text


def test_leads_that_people_are_asked_about_are_not_merged(
    client: TestClient, pair: tuple[str, str]
) -> None:
    survivor, other = pair
    said = {"new_score": 99, "reason": "Met them"}
    assert client.post(f"/leads/{other}/score-override", json=said).status_code == 202
    answer = client.post(f"/leads/{survivor}/merge", json={"other": other, "reason": "x"})
    assert (answer.status_code, kind_of(answer)) == (409, "merge-refused")


def test_merges_at_once_of_the_same_two_in_both_ways_make_one(
    client: TestClient, pair: tuple[str, str]
) -> None:
    def one(number: int) -> int:
        survivor, other = pair if number % 2 else reversed(pair)
        body = {"other": other, "reason": "x"}
        return int(client.post(f"/leads/{survivor}/merge", json=body).status_code)

    with ThreadPoolExecutor(6) as threads:
        codes = sorted(threads.map(one, range(6)))
    assert codes == [200, *[410] * 5]
    with unit_of_work() as session:
        assert len(session.scalars(select(Lead.id).where(Lead.merged_into.is_(None))).all()) == 1
