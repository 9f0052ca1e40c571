"""Leads are exported to a file by a background process: whole, to whom it may go, for a while."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, text

from leadflow.accounts.keys import create_key, revoke_keys
from leadflow.accounts.people import add_person
from leadflow.approvals import service as approvals
from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import store_policies
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.assignment.work.handover import find_rep
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.database.leased import Claim, ClaimLost
from leadflow.database.leased_work import AGAIN_AFTER
from leadflow.exports import parts, service, writing
from leadflow.exports.files import harmless
from leadflow.exports.tables import EXPORTS, LeadExport
from leadflow.exports.writing import Writer
from leadflow.leads.tables import Lead
from leadflow.outbox.consumer import drain
from leadflow.paging.keyset import Wanted
from leadflow.search.service import page_of_ids
from leadflow.settings import get_settings
from tests.deciders import settle, signed_in_already, somebody

NAMES = [("Zoë", "Müller"), ("=1+1", "-2"), ("@sum", "+3"), ("Bo", 'Li "Bob"\nJr'), (None, None)]
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def leads(client: TestClient) -> TestClient:
    """Some leads, of which one is a salesperson's."""
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate({"reps": [{"id": "ann", "name": "Ann Ox"}]}))
    for number, (first, last) in enumerate(NAMES):
        body = {
            "email": f"lead{number}@company.example",
            "first_name": first,
            "last_name": last,
            "phone": "+49 30 1234567",
            "company_name": ["Köhler, Söhne", "=cmd|' /C calc'!A0"][number % 2],
            "company_size": number * 10 or None,
            "budget": number * 1000.5,
            "industry": ["retail", "finance"][number % 2],
            "service_requirements": ["crm", "=x"],
            "attributes": {"plan": "Pro", "seats": number / 2},
            "source": "web" if number < 3 else "fair",
        }
        assert client.post("/leads", json=body).status_code == 201
    with unit_of_work() as session:
        give(session.scalars(select(Lead.id).order_by(Lead.id)).first(), "ann")
    return client


def give(lead_id: str | None, rep: str) -> None:
    with unit_of_work() as session:
        session.add(
            Assignment(
                lead_id=lead_id,
                rep_id=find_rep(session, rep).id,
                strategy="skill_based",
                reason="test",
                source="sweep",
                assigned_by="test",
                due_at=now(),
            )
        )


def writer(store: Engine, later: timedelta = timedelta(), **said: Any) -> Writer:
    return Writer(store, get_settings(), lambda: now() + later, "writer", **said)


def ask(client: TestClient, **said: Any) -> dict[str, Any]:
    answer = client.post("/leads/exports", json={"format": "csv"} | said)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def state(client: TestClient, export: dict[str, Any]) -> dict[str, Any]:
    return dict(client.get(f"/leads/exports/{export['id']}").json())


def read(client: TestClient, made: dict[str, Any]) -> pd.DataFrame:
    answer = client.get(made["file"])
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == made["size"]
    if made["format"] == "parquet":
        return pd.read_parquet(io.BytesIO(answer.content))
    return pd.read_csv(io.BytesIO(answer.content), dtype=str, keep_default_na=False)


def flat(item: dict[str, Any]) -> dict[str, Any]:
    """A lead of the list as a row: its salesperson in columns of their own."""
    owner = item.pop("owner", None) or {}
    return item | {
        f"owner_{name}": owner.get(name) for name in ("rep_id", "name", "since", "due_at")
    }


def moment(said: str | None) -> pd.Timestamp | None:
    return pd.Timestamp(said) if said else None


def as_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in FORMULAS else value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


@pytest.fixture(params=[5000, 2])
def pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """All leads on one page, in one part; or on several, in many."""
    monkeypatch.setattr(writing, "PAGE", request.param)
    if request.param == 2:
        monkeypatch.setattr(parts, "PART_BYTES", 100)
    return int(request.param)


def test_a_csv_file_says_what_the_list_says(leads: TestClient, store: Engine, pages: int) -> None:
    listed = [flat(item) for item in leads.get("/leads").json()["items"]]
    asked = ask(leads)
    assert (asked["state"], asked["file"], asked["written"]) == ("queued", None, 0)
    assert writer(store).work_next() == 1
    made = state(leads, asked)
    assert (made["state"], made["leads"], made["written"]) == ("done", 5, 5)
    table = read(leads, made)
    assert list(table.columns) == list(listed[0])
    moments = {"created_at", "updated_at", "scored_at", "owner_since", "owner_due_at"}
    for (_, row), lead in zip(table.iterrows(), listed, strict=True):
        for name, value in lead.items():
            if name in moments:
                assert moment(row[name]) == moment(value), name
            else:
                assert row[name] == as_cell(value), name
    assert writer(store).work_next() == 0


def test_a_parquet_file_says_what_the_list_says(
    leads: TestClient, store: Engine, pages: int
) -> None:
    listed = [
        flat(item) for item in leads.get("/leads", params={"sort": "-budget"}).json()["items"]
    ]
    asked = ask(leads, format="parquet", sort="-budget")
    writer(store).work_next()
    table = read(leads, state(leads, asked))
    assert table["budget"].dtype == "float64"
    assert str(table["created_at"].dtype) == "datetime64[us, UTC]"
    for (_, row), lead in zip(table.iterrows(), listed, strict=True):
        assert set(row.index) == set(lead)
        for name, value in lead.items():
            found = row[name]
            if name == "attributes":
                assert json.loads(found) == value
            elif name == "service_requirements":
                assert list(found) == value
            elif isinstance(found, pd.Timestamp):
                assert found == pd.to_datetime(value)
            else:
                assert (None if pd.isna(found) else found) == value, name


def test_no_cell_of_a_csv_file_is_a_formula(leads: TestClient, store: Engine) -> None:
    asked = ask(leads, fields=["first_name", "last_name", "phone", "company_name"])
    writer(store).work_next()
    table = read(leads, state(leads, asked))
    cells = [cell for name in table.columns for cell in table[name]]
    assert "'=1+1" in cells
    assert "'+49301234567" in cells
    assert not [cell for cell in cells if cell.startswith(FORMULAS)]
    for beginning in FORMULAS:
        assert harmless(f"{beginning}x") == f"'{beginning}x"
    assert harmless("a=b") == "a=b"


def test_only_what_is_asked_for_is_in_the_file(leads: TestClient, store: Engine) -> None:
    where = {"industry": {"operator": "equals", "value": "retail"}}
    asked = ask(leads, where=where, source=["web"], sort="created_at", fields=["email", "owner"])
    late = {"email": "late@company.example", "industry": "retail", "source": "web"}
    assert leads.post("/leads", json=late).status_code == 201
    writer(store).work_next()
    table = read(leads, state(leads, asked))
    assert list(table.columns) == [
        "id", "email", "owner_rep_id", "owner_name", "owner_since", "owner_due_at"
    ]  # fmt: skip
    # Neither other leads, nor one that came after it was asked for.
    assert list(table["email"]) == ["lead0@company.example", "lead2@company.example"]
    assert list(table["owner_name"]) == ["Ann Ox", ""]
    empty = ask(leads, name="nobody", format="parquet")
    writer(store).work_next()
    assert len(read(leads, state(leads, empty))) == 0


def test_what_cannot_be_searched_is_refused_at_once(leads: TestClient) -> None:
    unknown = {"format": "csv", "where": {"age": {"operator": "equals", "value": 3}}}
    assert leads.post("/leads/exports", json=unknown).json()["type"] == "/problems/search-invalid"
    for wrong in ({}, {"format": "xlsx"}, {"format": "csv", "limit": 3}):
        assert leads.post("/leads/exports", json=wrong).status_code == 422
    for _ in range(service.MOST_UNDER_WAY):
        ask(leads)
    one_more = leads.post("/leads/exports", json={"format": "csv"})
    assert (one_more.status_code, one_more.json()["type"]) == (409, "/problems/exports-under-way")


def test_under_a_key_it_is_asked_for_once(leads: TestClient) -> None:
    said: dict[str, Any] = {"json": {"format": "csv"}, "headers": {"Idempotency-Key": "one"}}
    first, again = (leads.post("/leads/exports", **said) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    listed = leads.get("/leads/exports").json()
    assert ([one["id"] for one in listed["items"]], listed["next"]) == ([first.json()["id"]], None)


@pytest.fixture
def signed_in(leads: TestClient) -> Callable[..., TestClient]:
    """Act as somebody of a role."""

    def become(role: str, rep: str | None = None) -> TestClient:
        with unit_of_work() as session:
            rep_id = None if rep is None else find_rep(session, rep).id
            person = add_person(session, f"{role}_here", role, [role], "test", rep_id=rep_id)
            leads.headers.pop("X-API-Key", None)
            leads.headers["Authorization"] = f"Bearer {signed_in_already(session, person)}"
        return leads

    return become


@pytest.mark.parametrize("role", ["sales_rep", "analyst", "data_scientist", "operator"])
def test_whoever_may_not_export_is_refused(signed_in: Callable[..., TestClient], role: str) -> None:
    client = signed_in(role)
    asked = client.post("/leads/exports", json={"format": "csv"})
    assert (asked.status_code, asked.json()["type"]) == (403, "/problems/not-allowed")
    assert client.get("/leads/exports").status_code == 403


def test_a_program_that_may_not_read_leads_exports_none(leads: TestClient) -> None:
    with unit_of_work() as session:
        leads.headers["X-API-Key"] = create_key(session, "blind", ["lead.export"])
    assert leads.post("/leads/exports", json={"format": "csv"}).status_code == 403


def test_a_manager_exports_the_leads_of_the_team_and_others_see_nothing_of_it(
    signed_in: Callable[..., TestClient], store: Engine
) -> None:
    with unit_of_work() as session:
        team = {
            "teams": [{"name": "North", "manager": "boss"}],
            "reps": [
                {"id": "boss", "name": "Boss", "capacity": 9, "team": "North"},
                {"id": "ann", "name": "Ann Ox", "capacity": 9, "team": "North"},
                {"id": "bob", "name": "Bob", "capacity": 9},
            ],
        }
        store_team(session, TeamIn.model_validate(team))
        other = session.scalars(select(Lead.id).order_by(Lead.id.desc())).first()
    give(other, "bob")
    client = signed_in("sales_manager", "boss")
    asked = ask(client)
    writer(store).work_next()
    made = state(client, asked)
    listed = [item["id"] for item in client.get("/leads").json()["items"]]
    assert list(read(client, made)["id"]) == listed
    assert len(listed) == 1
    stranger = signed_in("marketing_manager")
    for address in (f"/leads/exports/{made['id']}", made["file"]):
        answer = stranger.get(address)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/export-not-found")
    assert stranger.get("/leads/exports").json()["items"] == []


@pytest.fixture
def small() -> None:
    """Above three leads, an admin is asked."""
    limit = {"leads": {"operator": "less_or_equal", "value": 3}}
    admin = {"policy": "data_export", "decision": "data_export", "levels": [{"roles": ["admin"]}]}
    none = {"policy": "small_export", "decision": "data_export", "when": limit, "levels": []}
    with unit_of_work() as session:
        store_policies(session, parse_policies({"policies": [none, admin]}), "test", None)


def test_many_leads_wait_for_somebody_else_to_approve(
    signed_in: Callable[..., TestClient], store: Engine, small: None
) -> None:
    client = signed_in("admin")
    few, many = ask(client, source=["web"]), ask(client, why="For the fair")
    for _ in range(2):
        writer(store).work_next()
    assert state(client, few)["state"] == "done"
    waiting = state(client, many)
    assert (waiting["state"], waiting["leads"], waiting["file"]) == ("waiting", 5, None)
    assert writer(store).work_next() == 0
    not_yet = client.get(f"/leads/exports/{many['id']}/file")
    assert (not_yet.status_code, not_yet.json()["type"]) == (409, "/problems/export-not-ready")
    with unit_of_work() as session:
        question = approvals.get(session, waiting["approval_id"])
        assert "5 leads" in question.description
        assert question.asked_why is not None
        assert question.asked_why.startswith("For the fair")
        me = somebody(session, "admin_here")
        own = approvals.decide(session, question.id, "approve", me, "ok", now(), "api")
        assert own.problem == "own-request"
        assert settle(session, question.id, now()).counted
    drain(store, get_settings(), now)
    assert state(client, many)["state"] == "queued"
    writer(store).work_next()
    assert len(read(client, state(client, many))) == 5


def test_what_is_rejected_is_not_written(leads: TestClient, store: Engine, small: None) -> None:
    asked = ask(leads)
    writer(store).work_next()
    with unit_of_work() as session:
        settle(session, state(leads, asked)["approval_id"], now(), "reject", "no need")
    drain(store, get_settings(), now)
    with unit_of_work() as session:
        assert service.settle(session, now()) == 1
    refused = state(leads, asked)
    assert (refused["state"], refused["file"]) == ("refused", None)
    assert "Nobody approved it" in refused["error"]
    assert writer(store).work_next() == 0


def test_what_has_grown_since_it_was_approved_is_not_written(
    leads: TestClient, store: Engine, small: None
) -> None:
    where = {"tags": {"operator": "contains", "value": "vip"}}
    ids = [item["id"] for item in leads.get("/leads").json()["items"]]
    leads.post("/tags", json={"lead_ids": ids[:4], "add": ["vip"]})
    asked = ask(leads, where=where)
    writer(store).work_next()
    with unit_of_work() as session:
        settle(session, state(leads, asked)["approval_id"], now())
    drain(store, get_settings(), now)
    leads.post("/tags", json={"lead_ids": ids, "add": ["vip"]})
    writer(store).work_next()
    failed = state(leads, asked)
    assert failed["state"] == "failed"
    assert "Approved was 4 leads, and 5 are found" in failed["error"]


def test_one_who_was_shut_out_meanwhile_gets_nothing(leads: TestClient, store: Engine) -> None:
    asked = ask(leads)
    with unit_of_work() as session:
        revoke_keys(session, "test")
    writer(store).work_next()
    with unit_of_work() as session:
        made = session.get_one(LeadExport, asked["id"])
    assert (made.state, made.error) == (
        "failed",
        "Whoever asked for this has no account or key in use any more.",
    )


class Killed(BaseException):
    """Nothing of a process that is killed is run any more."""


def test_what_a_killed_process_had_begun_is_begun_anew(
    leads: TestClient, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 2)
    monkeypatch.setattr(parts, "PART_BYTES", 100)
    asked = ask(leads)

    def third_kills(session: Any, question: Any, wanted: Wanted, *more: Any) -> Any:
        if state(leads, asked)["written"] == 4:
            raise Killed
        return page_of_ids(session, question, wanted, *more)

    with monkeypatch.context() as patch:
        patch.setattr("leadflow.exports.writing.page_of_ids", third_kills)
        with pytest.raises(Killed):
            writer(store).work_next()
    begun = state(leads, asked)
    assert (begun["state"], begun["file"]) == ("running", None)
    assert begun["written"] > 0
    assert leads.get(f"/leads/exports/{asked['id']}/file").status_code == 409
    # While it may be at work still, nobody else begins.
    assert writer(store).work_next() == 0
    late = EXPORTS.lease + timedelta(seconds=1)
    assert writer(store, late).work_next() == 1
    made = state(leads, asked)
    assert (made["state"], made["written"]) == ("done", 5)
    assert sorted(read(leads, made)["email"]) == [f"lead{n}@company.example" for n in range(5)]
    # Were it alive after all, it would write nothing any more.
    with pytest.raises(ClaimLost), unit_of_work() as session:
        EXPORTS.extend(session, Claim(asked["id"], 1), now())
    with unit_of_work() as session:
        attempts = session.execute(text("SELECT DISTINCT attempt FROM lead_export_parts")).scalars()
        assert list(attempts) == [2]


def test_a_process_that_ends_gives_it_to_another(leads: TestClient, store: Engine) -> None:
    asked = ask(leads)
    writer(store, ending=lambda: True).work_next()
    assert state(leads, asked)["state"] == "queued"
    writer(store).work_next()
    assert state(leads, asked)["state"] == "done"


def test_one_that_fails_again_and_again_has_failed(
    leads: TestClient, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(leads)
    monkeypatch.setattr(writing, "how_many", None)
    for attempt in range(EXPORTS.most):
        assert state(leads, asked)["state"] == "queued"
        later = (attempt + 1) * 2 * AGAIN_AFTER
        assert writer(store, later).work_next() == 1
    assert "Leadflow made a mistake" in state(leads, asked)["error"]


def cancel(client: TestClient, asked: dict[str, Any]) -> dict[str, Any]:
    assert client.delete(f"/leads/exports/{asked['id']}").status_code == 204
    return state(client, asked)


def parts_left() -> int:
    with unit_of_work() as session:
        return session.scalar(text("SELECT count(*) FROM lead_export_parts")) or 0


def test_one_that_waits_is_cancelled_and_never_written(leads: TestClient, store: Engine) -> None:
    asked = ask(leads)
    assert cancel(leads, asked)["state"] == "cancelled"
    assert writer(store).work_next() == 0
    gone = leads.get(f"/leads/exports/{asked['id']}/file")
    assert (gone.status_code, gone.json()["type"]) == (409, "/problems/export-not-ready")
    assert "Ask anew" in gone.json()["detail"]
    # Once more changes nothing, and is no fault.
    assert cancel(leads, asked)["state"] == "cancelled"
    with unit_of_work() as session:
        noted = select(AuditEntry.action).where(AuditEntry.subject == asked["id"])
        actions = list(session.scalars(noted.order_by(AuditEntry.number)))
    assert actions == ["lead_export.asked", "lead_export.cancelled"]


def test_whoever_writes_one_that_is_cancelled_stops_at_the_next_page(
    leads: TestClient, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 2)
    monkeypatch.setattr(parts, "PART_BYTES", 100)
    asked = ask(leads)

    def third_is_too_late(session: Any, question: Any, wanted: Wanted, *more: Any) -> Any:
        if state(leads, asked)["written"] == 4:
            assert parts_left() > 0
            assert cancel(leads, asked)["state"] == "cancelled"
        return page_of_ids(session, question, wanted, *more)

    monkeypatch.setattr("leadflow.exports.writing.page_of_ids", third_is_too_late)
    writer(store).work_next()
    assert (state(leads, asked)["state"], parts_left()) == ("cancelled", 0)


def test_the_file_of_one_that_is_cancelled_is_deleted(leads: TestClient, store: Engine) -> None:
    asked = ask(leads)
    writer(store).work_next()
    made = cancel(leads, asked)
    assert (made["state"], made["file"], made["expires_at"]) == ("cancelled", None, None)
    assert parts_left() == 0


def test_nobody_is_asked_about_one_that_is_cancelled(
    leads: TestClient, store: Engine, small: None
) -> None:
    asked = ask(leads)
    writer(store).work_next()
    waiting = state(leads, asked)
    assert cancel(leads, asked)["state"] == "cancelled"
    with unit_of_work() as session:
        assert approvals.get(session, waiting["approval_id"]).status == "void"


def test_nobody_cancels_an_export_of_another(
    leads: TestClient, signed_in: Callable[..., TestClient]
) -> None:
    asked = ask(leads)
    answer = signed_in("marketing_manager").delete(f"/leads/exports/{asked['id']}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/export-not-found")
    with unit_of_work() as session:
        assert session.get_one(LeadExport, asked["id"]).state == "queued"


def test_head_of_a_file_says_how_large_it_is_and_reads_nothing_of_it(
    leads: TestClient, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(leads)
    writer(store).work_next()
    made = state(leads, asked)
    read_now = leads.get(made["file"])
    monkeypatch.setattr("leadflow.gateway.api.leads.exports.read_parts", None)
    head = leads.head(made["file"])
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "content-disposition", "cache-control"):
        assert head.headers[name] == read_now.headers[name]
    with unit_of_work() as session:
        fetched = select(AuditEntry).where(AuditEntry.action == "lead_export.fetched")
        assert len(session.scalars(fetched).all()) == 1
    cancel(leads, asked)
    assert leads.head(made["file"]).status_code == 409


def test_a_file_is_taken_away_after_its_time(leads: TestClient, store: Engine) -> None:
    asked = ask(leads)
    writer(store).work_next()
    made = state(leads, asked)
    ends = datetime.fromisoformat(made["expires_at"])
    hours = (ends - now()).total_seconds() / 3600
    assert hours == pytest.approx(get_settings().export_hours, abs=0.1)
    with unit_of_work() as session:
        session.execute(text("UPDATE lead_exports SET expires_at = now()"))
    gone = leads.get(made["file"])
    assert (gone.status_code, gone.json()["type"]) == (410, "/problems/export-expired")
    with unit_of_work() as session:
        assert service.settle(session, now()) == 1
    assert (state(leads, asked)["state"], state(leads, asked)["file"]) == ("expired", None)
    assert leads.get(made["file"]).status_code == 410
    with unit_of_work() as session:
        count = "SELECT count(*) FROM lead_export_parts"
        assert session.execute(text(count)).scalar_one() == 0
        service.settle(session, now() + service.KEPT + timedelta(hours=1))
    assert leads.get(f"/leads/exports/{asked['id']}").status_code == 404


def test_what_is_exported_is_in_the_audit_log_and_nobody_named_there(
    leads: TestClient, store: Engine
) -> None:
    where = {"company_name": {"operator": "equals", "value": "Köhler, Söhne"}}
    asked = ask(leads, where=where, name="zoe", level=None, status="open", why="For Müller")
    writer(store).work_next()
    leads.get(state(leads, asked)["file"])
    with unit_of_work() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == asked["id"]).order_by(AuditEntry.number)
        ).all()
        stored = session.execute(text("SELECT search, why FROM lead_exports")).one()
        content = session.execute(text("SELECT content FROM lead_export_parts")).scalar_one()
    done = [entry.action.partition(".")[2] for entry in entries]
    assert done == ["asked", "written", "fetched"]
    assert {entry.actor for entry in entries} == {"key:test"}
    assert entries[0].detail["asks"] == ["company_name", "name"]
    assert entries[1].after is not None
    assert entries[1].after["leads"] == 1
    said = repr([(entry.detail, entry.after, entry.why) for entry in entries])
    for name in ("Köhler", "zoe", "Müller"):
        assert name not in said
        for column in (*stored, content):
            assert name.encode() not in bytes(column)
