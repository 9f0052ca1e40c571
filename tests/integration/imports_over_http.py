"""Files as programs send them to be imported, and the background process that imports them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.settings import get_settings
from leadflow.uploads.importing import Importer
from leadflow.uploads.undoing import Undoer

HEAD = "contact_id,E-Mail,Employees,Plan,Created,Stage,Closed"
MAPPING: dict[str, Any] = {
    "source": "our_crm",
    "key": "contact_id",
    "created_at": "Created",
    "fields": {"email": "E-Mail", "company_size": "Employees"},
    "attributes": {"plan": {"column": "Plan", "kind": "categorical"}},
    "outcome": {"column": "Stage", "converted": ["Won"], "lost": ["Lost"], "at": "Closed"},
}


def now() -> datetime:
    return datetime.now(UTC)


def row(number: int, size: object = 50, stage: str = "Won") -> str:
    plan = ("Pro", "Basic")[number % 2]
    return (
        f"c{number},lead{number}@firm{number}.example,{size},{plan},2025-12-01,{stage},2026-01-31"
    )


def table(rows: Sequence[str]) -> bytes:
    return "\n".join([HEAD, *rows, ""]).encode()


def small(count: int = 12) -> bytes:
    return table([row(n, 10 + n, ("Won", "Lost")[n % 2]) for n in range(count)])


def send(
    client: TestClient, content: bytes, name: str = "leads.csv", status: int = 201, **said: str
) -> dict[str, Any]:
    answer = client.post(
        "/imports",
        params={"name": name} | said,
        content=content,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def mapped(client: TestClient, content: bytes, **mapping: object) -> str:
    """The id of an import whose file is sent and mapped."""
    sent = send(client, content)
    answer = client.put(f"/imports/{sent['id']}/mapping", json=MAPPING | mapping)
    assert answer.status_code == 200, answer.text
    return str(sent["id"])


def start(client: TestClient, import_id: str, **said: object) -> dict[str, Any]:
    answer = client.post(f"/imports/{import_id}/start", json=said)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def look(client: TestClient, import_id: str) -> dict[str, Any]:
    answer = client.get(f"/imports/{import_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def importer(
    store: Engine, later: timedelta = timedelta(), batch: int = 20_000, **said: Any
) -> Importer:
    few = get_settings().model_copy(update={"import_batch": batch})
    return Importer(store, few, lambda: now() + later, "importer", **said)


def imported(client: TestClient, store: Engine, content: bytes, **mapping: object) -> str:
    """The id of an import that is done."""
    import_id = mapped(client, content, **mapping)
    start(client, import_id)
    assert importer(store).work_next() == 1
    assert look(client, import_id)["state"] == "done"
    return import_id


def undoer(store: Engine, later: timedelta = timedelta(), **said: Any) -> Undoer:
    return Undoer(store, get_settings(), lambda: now() + later, "undoer", **said)


def undo(client: TestClient, store: Engine, import_id: str) -> dict[str, Any]:
    """Have an import taken back; what was."""
    asked = client.post(f"/imports/{import_id}/undo")
    assert (asked.status_code, asked.json()["state"]) == (202, "undoing"), asked.text
    assert undoer(store).work_next() == 1
    done = look(client, import_id)
    assert (done["state"], done["undo"]["state"]) == ("undone", "done"), done
    return dict(done["undo"]["undone"])
