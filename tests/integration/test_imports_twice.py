"""The same file imported a second time changes nothing, says so, and takes nothing back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from leadflow.accounts.keys import create_key
from leadflow.database.engine import unit_of_work
from leadflow.database.tables import InboxRow
from leadflow.intake.files import ImportInterrupted, import_file
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings
from leadflow.uploads import importing
from leadflow.uploads.importing import Importer
from leadflow.uploads.tables import Upload
from tests.integration.imports_over_http import (
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

COUNTED = ("new", "updated", "unchanged", "outcomes", "set_aside")


def leads() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(Lead)) or 0


def refused(client: TestClient, import_id: str, what: str, **said: bool) -> dict[str, str]:
    answer = client.post(f"/imports/{import_id}/{what}", params=said)
    assert answer.status_code == 409, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("by_another", [False, True])
def test_it_says_that_nothing_was_new_and_has_nothing_to_take_back(
    client: TestClient, store: Engine, by_another: bool
) -> None:
    content = table([row(n) for n in range(20)] + [row(20, "many")])
    first = imported(client, store, content)
    if by_another:
        with unit_of_work() as session:
            scopes = ["import.read", "import.write"]
            client.headers["X-API-Key"] = create_key(session, "other", scopes)
    second = imported(client, store, content)
    before, after = look(client, first), look(client, second)
    assert [before[name] for name in COUNTED] == [20, 0, 0, 20, 1]
    assert [after[name] for name in COUNTED] == [0, 0, 20, 0, 0]
    assert (after["rows"], after["reasons"], after["taken_out"]) == (21, [], {})
    assert (after["known_since"] is not None, after["same_as"]) == (True, first)
    assert (before["known_since"], before["same_as"]) == (None, None)
    assert client.get(f"/imports/{second}/rows").json()["items"] == []
    for dry_run in (True, False):
        said = refused(client, second, "undo", dry_run=dry_run)
        assert said["type"] == "/problems/import-not-begun"
        assert f"{second} changed nothing" in said["detail"]
        assert f"POST /imports/{first}/undo" in said["detail"]
    assert "it changed nothing" in refused(client, second, "start")["detail"]
    assert (leads(), look(client, first)["state"]) == (20, "done")
    assert undo(client, store, first)["deleted"] == 20
    assert [look(client, one)["state"] for one in (first, second)] == ["undone", "done"]
    # After that it is imported anew, and that can be taken back.
    third = imported(client, store, content)
    assert (look(client, third)["new"], look(client, third)["same_as"]) == (20, None)
    assert undo(client, store, third)["deleted"] == 20


def test_a_file_that_was_brought_in_on_the_machine_is_known_and_stays_listed(
    client: TestClient, store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "machine.csv"
    path.write_bytes(small(5))
    inbox_id = import_file(path, parse_mapping(MAPPING), get_settings(), store, now()).inbox_id
    sent = imported(client, store, small(5))
    assert (look(client, sent)["unchanged"], look(client, sent)["same_as"]) == (5, inbox_id)
    assert [one["id"] for one in client.get("/imports").json()["items"]] == [sent, inbox_id]
    assert undo(client, store, inbox_id)["deleted"] == 5


def test_a_process_that_dies_after_the_last_row_leaves_its_own_import(
    client: TestClient, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = mapped(client, small(6))
    start(client, import_id)
    with monkeypatch.context() as dies:
        dies.setattr(Importer, "_done", lambda *_: (_ for _ in ()).throw(OSError("gone")))
        importer(store).work_next()
    with unit_of_work() as session:
        assert session.scalars(select(InboxRow.status)).one() == "done"
        held = session.get_one(Upload, import_id)
        held.due_at = now()
    importer(store).work_next()
    done = look(client, import_id)
    assert (done["state"], done["new"], done["known_since"]) == ("done", 6, None)
    assert undo(client, store, import_id)["deleted"] == 6


def test_what_somebody_else_imports_meanwhile_is_not_its_own(
    client: TestClient, store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "machine.csv"
    path.write_bytes(small(30))
    few = get_settings().model_copy(update={"import_batch": 10})
    by = parse_mapping(MAPPING)
    with pytest.raises(KeyboardInterrupt):
        import_file(path, by, few, store, now(), interrupted)
    with unit_of_work() as session:
        inbox_id = session.scalars(select(InboxRow.id)).one()
    sent = mapped(client, small(30))
    start(client, sent)

    def in_vain(*said: Any) -> None:
        said[-1].accepted(inbox_id)
        raise ImportInterrupted("Another process has gone on.")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(importing, "import_file", in_vain)
        importer(store).work_next()
    assert refused(client, sent, "undo")["type"] == "/problems/import-not-begun"
    import_file(path, by, few, store, now())
    importer(store, later=timedelta(minutes=1)).work_next()
    done = look(client, sent)
    assert (done["state"], done["new"], done["same_as"]) == ("done", 0, inbox_id)


def interrupted(_rows: int) -> None:
    raise KeyboardInterrupt


def test_what_is_taken_back_is_called_so_by_its_own_id(client: TestClient, store: Engine) -> None:
    import_id = imported(client, store, small(4))
    assert client.post(f"/imports/{import_id}/undo").status_code == 202
    assert f"{import_id} is undoing" in refused(client, import_id, "start")["detail"]
    undo(client, store, import_id)
    dry: dict[str, bool] = {"dry_run": True}
    for what, said in (("start", {}), ("undo", {}), ("undo", dry)):
        detail = refused(client, import_id, what, **said)["detail"]
        assert import_id in detail
        assert "undone" in detail
        assert "inbox_" not in detail
    # What it advises works.
    assert "send it again" in refused(client, import_id, "start")["detail"]
    again = send(client, small(4))["id"]
    assert client.put(f"/imports/{again}/mapping", json=MAPPING).status_code == 200
    start(client, again)
    importer(store).work_next()
    assert look(client, again)["new"] == 4
