"""A file of leads is sent over the API, mapped, imported in the background and taken back, as
``leadflow import`` does on the machine."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select, text

from leadflow.database.engine import unit_of_work
from leadflow.intake.files import import_file
from leadflow.leads.files.mapping import MappingInvalid, parse_mapping
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings
from leadflow.uploads.tables import UploadPart
from tests.integration.imports_over_http import (
    HEAD,
    MAPPING,
    imported,
    importer,
    look,
    mapped,
    now,
    row,
    send,
    small,
    start,
    table,
    undo,
)


def count(what: Any) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def as_parquet(content: bytes) -> bytes:
    written = io.BytesIO()
    pd.read_csv(io.BytesIO(content), dtype=str).to_parquet(written)
    return written.getvalue()


def as_spreadsheet(content: bytes) -> bytes:
    written = io.BytesIO()
    pd.read_csv(io.BytesIO(content), dtype=str).to_excel(written, index=False)
    return written.getvalue()


def as_json_lines(content: bytes) -> bytes:
    rows = pd.read_csv(io.BytesIO(content), dtype=str).to_dict("records")
    return "\n".join(json.dumps(one) for one in rows).encode()


KINDS: dict[str, Callable[[bytes], bytes]] = {
    "leads.csv": bytes,
    "leads.tsv": lambda content: content.replace(b",", b"\t"),
    "leads.csv.gz": gzip.compress,
    "leads.jsonl": as_json_lines,
    "leads.parquet": as_parquet,
    "leads.xlsx": as_spreadsheet,
}


def test_what_a_file_holds_is_said_as_it_comes_and_nothing_is_imported(client: TestClient) -> None:
    sent = send(client, small(), source="fair")
    assert (sent["state"], sent["file"], sent["rows_in_file"]) == ("uploaded", "leads.csv", 12)
    assert (sent["source"], sent["size"], sent["rows"]) == ("fair", len(small()), 0)
    proposal = sent["proposal"]
    assert [one["column"] for one in proposal["columns"]] == HEAD.split(",")
    assert proposal["mapping"]["key"] == "contact_id"
    assert proposal["mapping"]["fields"]["email"] == "E-Mail"
    assert (proposal["confirmed"], proposal["questions"]) == (False, [])
    assert client.get(f"/imports/{sent['id']}/mapping").json() == proposal
    assert count(Lead) == 0


@pytest.mark.few(2)
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_that_the_command_takes_is_taken(
    client: TestClient, store: Engine, name: str
) -> None:
    sent = send(client, KINDS[name](small()), name)
    start(client, sent["id"])
    assert importer(store).work_next() == 1
    done = look(client, sent["id"])
    assert (done["state"], done["rows"], done["new"]) == ("done", 12, 12), done


def test_a_file_by_its_own_mapping_is_imported_as_the_command_does(
    client: TestClient, store: Engine, tmp_path: Path
) -> None:
    content = table([row(n) for n in range(30)] + [row(30, "many")])
    import_id = mapped(client, content)
    assert start(client, import_id)["state"] == "queued"
    importer(store).work_next()
    done = look(client, import_id)
    told = {name: done[name] for name in ("rows", "new", "updated", "unchanged", "set_aside")}
    assert told == {"rows": 31, "new": 30, "updated": 0, "unchanged": 0, "set_aside": 1}
    assert [one["rows"] for one in done["reasons"]] == [1]
    assert (done["state"], done["outcomes"], done["source"]) == ("done", 30, "our_crm")
    # Brought in on the machine, the same file by the same mapping is known.
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    again = import_file(path, parse_mapping(MAPPING), get_settings(), store, now())
    assert again.finished_before is not None
    assert count(Lead) == 30


def test_a_file_is_in_the_store_in_encrypted_parts_until_it_is_imported(
    client: TestClient, store: Engine
) -> None:
    # A column that nobody asks for makes it long.
    rows = [f"{row(n)},{n:01200d}" for n in range(2_000)]
    content = table(rows).replace(HEAD.encode(), f"{HEAD},Remarks".encode(), 1)
    assert len(content) > 2 * 2**20
    import_id = mapped(client, content)
    with unit_of_work() as session:
        kept = session.execute(text("SELECT content FROM upload_parts ORDER BY number")).scalars()
        sizes = [len(one) for one in kept]
        read = b"".join(session.scalars(select(UploadPart.content).order_by(UploadPart.number)))
        plain = "SELECT count(*) FROM upload_parts WHERE position('firm1' IN content::text) > 0"
        rest = session.execute(text("SELECT uploads::text FROM uploads")).scalar_one()
        assert session.execute(text(plain)).scalar_one() == 0
    assert read == content
    assert len(sizes) == -(-len(content) // 2**20)
    assert max(sizes) < 2**20 + 100
    assert "E-Mail" not in rest
    start(client, import_id)
    importer(store).work_next()
    assert (look(client, import_id)["new"], count(UploadPart)) == (2_000, 0)


def test_the_same_file_sent_again_is_the_import_that_there_is(
    client: TestClient, store: Engine
) -> None:
    first = send(client, small(), source="fair")
    assert send(client, small(), status=200, source="fair")["id"] == first["id"]
    assert send(client, small(), source="web")["id"] != first["id"]
    assert send(client, small(), "other.csv", source="fair")["id"] != first["id"]
    done = imported(client, store, small(20))
    # Once it is imported it can be sent again, and is another import.
    assert imported(client, store, small(20)) != done


def test_a_mapping_that_is_wrong_is_refused_with_each_place(client: TestClient) -> None:
    import_id = send(client, small())["id"]
    wrong = MAPPING | {
        "fields": {"email": "E-mail", "budgett": "Employees"},
        "attributes": {"plan": {"column": "Plan", "kind": "colour"}},
    }
    refused = client.put(f"/imports/{import_id}/mapping", json=wrong)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/mapping-invalid")
    places = {one["place"] for one in refused.json()["errors"]}
    assert {"attributes.plan.kind"} < places
    assert any("budgett" in place for place in places)
    lacking = MAPPING | {"fields": {"email": "Mail"}, "created_at": "Cam"}
    refused = client.put(f"/imports/{import_id}/mapping", json=lacking)
    assert {one["place"] for one in refused.json()["errors"]} == {"fields.email", "created_at"}
    misspelt = MAPPING | {"attributes": {}, "ignore": {"plan": "Not ours."}}
    refused = client.put(f"/imports/{import_id}/mapping", json=misspelt)
    assert refused.json()["errors"] == [
        {"place": "ignore", "problem": "the file has no column 'plan'. Did you mean 'Plan'?"}
    ]
    formed = MAPPING | {"created_at": {"column": "Created", "format": "%d.%m.%Y"}}
    refused = client.put(f"/imports/{import_id}/mapping", json=formed)
    [error] = refused.json()["errors"]
    assert error["place"] == "created_at.format"
    assert error["problem"] == (
        "%d.%m.%Y fits none of the 12 dates looked at. They are in ISO 8601: leave `format` out."
    )
    joined = {"file": "/etc/passwd", "column": "Plan", "key": "x", "prefix": "p"}
    refused = client.put(f"/imports/{import_id}/mapping", json=MAPPING | {"joins": [joined]})
    assert refused.json()["errors"][0]["place"] == "joins"
    assert client.get(f"/imports/{import_id}/mapping").json()["confirmed"] is False


def test_a_key_that_many_people_share_is_refused_and_one_that_few_do_is_said(
    client: TestClient, store: Engine, tmp_path: Path
) -> None:
    content = small(40)
    import_id = send(client, content)["id"]
    where = f"/imports/{import_id}/mapping"
    shared = MAPPING | {"key": "Plan", "attributes": {}}
    refused = client.put(where, json=shared)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/mapping-invalid")
    [error] = refused.json()["errors"]
    assert error["place"] == "key"
    assert "such as rows 1 and 3." in error["problem"]
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    with pytest.raises(MappingInvalid, match="'Plan' does not tell the leads apart"):
        import_file(path, parse_mapping(shared), get_settings(), store, now())
    # What it advises works.
    without = {name: said for name, said in shared.items() if name != "key"}
    assert client.put(where, json=without).json()["notes"] == []
    start(client, import_id)
    importer(store).work_next()
    assert look(client, import_id)["new"] == 40
    moved = content + row(3).replace("lead3@", "moved3@").encode()
    [note] = client.put(f"/imports/{send(client, moved)['id']}/mapping", json=MAPPING).json()[
        "notes"
    ]
    assert "such as rows 4 and 41. They are taken for one lead" in note


def test_a_mapping_is_kept_says_what_it_leaves_out_and_is_edited_as_it_was_seen(
    client: TestClient,
) -> None:
    import_id = send(client, small(), source="fair")["id"]
    where = f"/imports/{import_id}/mapping"
    seen = client.get(where).headers["etag"]
    short = {name: MAPPING[name] for name in ("key", "fields")}
    said = client.put(where, json=short, headers={"If-Match": seen})
    assert said.status_code == 200, said.text
    assert said.json()["not_used"] == ["Plan", "Created", "Stage", "Closed"]
    kept = client.get(where).json()
    assert (kept["confirmed"], kept["mapping"]["source"]) == (True, "fair")
    # Each column is what the mapping makes of it, and no longer what was proposed.
    becomes = {one["column"]: one["becomes"] for one in kept["columns"]}
    assert becomes == dict.fromkeys(HEAD.split(","), "not stored") | {
        "contact_id": "key",
        "E-Mail": "email",
        "Employees": "company_size",
    }
    assert (kept["columns"], kept["notes"]) == (said.json()["columns"], [])
    stale = client.put(where, json=MAPPING, headers={"If-Match": seen})
    assert stale.status_code == 412
    assert client.get(where).json() == kept


def test_a_proposal_with_questions_is_not_taken_and_one_without_is(
    client: TestClient, store: Engine
) -> None:
    rows = [f"c{n},lead{n}@firm.example,{n + 1}/{n + 1}/2025" for n in range(12)]
    sent = send(client, "\n".join(["contact_id,E-Mail,Met", *rows]).encode())
    assert sent["proposal"]["questions"]
    refused = client.post(f"/imports/{sent['id']}/start")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/mapping-open")
    answered = sent["proposal"]["mapping"] | {"attributes": {}}
    assert client.put(f"/imports/{sent['id']}/mapping", json=answered).status_code == 200
    assert start(client, sent["id"])["state"] == "queued"
    importer(store).work_next()
    assert look(client, sent["id"])["state"] == "done"


def test_many_rows_that_fail_stop_it_and_it_goes_on_all_the_same_when_told_so(
    client: TestClient, store: Engine
) -> None:
    content = table([row(n) for n in range(50)] + [row(n, "many") for n in range(50, 90)])
    import_id = mapped(client, content)
    start(client, import_id)
    importer(store).work_next()
    stopped = look(client, import_id)
    assert (stopped["state"], stopped["rows"], count(Lead)) == ("failed", 0, 0)
    assert f'POST /imports/{import_id}/start with {{"anyway": true}}' in stopped["error"]
    start(client, import_id, anyway=True)
    importer(store).work_next()
    done = look(client, import_id)
    assert (done["state"], done["new"], done["set_aside"]) == ("done", 50, 40)
    assert done["error"] is None


def test_an_import_is_taken_back_once_what_it_would_take_was_asked(
    client: TestClient, store: Engine
) -> None:
    import_id = imported(client, store, small())
    where = f"/imports/{import_id}/undo"
    asked = client.post(where, params={"dry_run": True}).json()
    assert (asked["dry_run"], asked["deleted"], asked["stay"]) == (True, 12, 0)
    assert count(Lead) == 12
    with unit_of_work() as session:
        lead_id = session.scalars(select(Lead.id).order_by(Lead.id)).first()
    event = {"type": "meeting", "occurred_at": now().isoformat()}
    assert client.post(f"/leads/{lead_id}/events", json=event).status_code in (200, 201)
    undone = undo(client, store, import_id)
    assert (undone["deleted"], undone["stay"]) == (11, 1)
    assert undone["stays"][0]["lead_id"] == lead_id
    assert (look(client, import_id)["state"], count(Lead)) == ("undone", 1)
    again = client.post(where)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-undone")
    waiting = send(client, small(3))["id"]
    refused = client.post(f"/imports/{waiting}/undo")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/import-not-begun")


def test_all_imports_are_listed_whoever_brought_them_in_pages(
    client: TestClient, store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "machine.csv"
    path.write_bytes(small(5))
    inbox_id = import_file(path, parse_mapping(MAPPING), get_settings(), store, now()).inbox_id
    sent = [imported(client, store, small(6)), send(client, small(7))["id"]]
    first = client.get("/imports", params={"limit": 2}).json()
    rest = client.get("/imports", params={"limit": 2, "cursor": first["next"]}).json()
    listed = [*first["items"], *rest["items"]]
    assert [one["id"] for one in listed] == [*reversed(sent), inbox_id]
    assert [one["state"] for one in listed] == ["uploaded", "done", "done"]
    assert [one["file"] for one in listed] == ["leads.csv", "leads.csv", "machine.csv"]
    assert (listed[2]["sent_by"], listed[2]["new"], rest["next"]) == (None, 5, None)
    assert client.get(f"/imports/{inbox_id}").json() == listed[2]
    # The others have told of the same leads since.
    assert (undo(client, store, inbox_id)["stay"], count(Lead)) == (5, 6)


def test_rows_that_were_set_aside_are_read_mended_and_given_up(
    client: TestClient, store: Engine
) -> None:
    content = table([row(n) for n in range(30)] + [row(30, "many"), row(31, "few")])
    import_id = imported(client, store, content)
    rows = client.get(f"/imports/{import_id}/rows").json()["items"]
    assert [one["row_number"] for one in rows] == [31, 32]
    assert "many" not in json.dumps(rows)
    first, second = (f"/quarantine/{one['id']}" for one in rows)
    assert client.get(first).json()["values"]["Employees"] == "many"
    wrong = client.post(f"{first}/mend", json={"values": {"Employees": "lots"}})
    assert (wrong.status_code, wrong.json()["status"]) == (200, "waiting")
    unknown = client.post(f"{first}/mend", json={"values": {"Size": "5"}})
    assert (unknown.status_code, unknown.json()["type"]) == (422, "/problems/row-invalid")
    mended = client.post(f"{first}/mend", json={"values": {"company_size": "70"}})
    assert mended.json()["status"] == "stored"
    assert client.post("/quarantine/retry").json() == {"stored": 0, "waiting": 1}
    assert client.post(f"{second}/discard").json()["status"] == "discarded"
    again = client.post(f"{second}/discard")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/row-elsewhere")
    stored = client.get(f"/imports/{import_id}/rows", params={"status": "stored"}).json()
    assert [one["id"] for one in stored["items"]] == [rows[0]["id"]]
    assert client.get(f"/imports/{import_id}/rows").json()["items"] == []
    assert client.get("/quarantine/row_none").status_code == 404
    assert count(Lead) == 31
