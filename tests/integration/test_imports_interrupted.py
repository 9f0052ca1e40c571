"""An import of a file that was sent goes on where it was, whoever dies, ends or fails meanwhile."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select, text

from leadflow.accounts.keys import revoke_keys
from leadflow.database.engine import unit_of_work
from leadflow.database.leased_work import AGAIN_AFTER
from leadflow.leads.tables import Lead
from leadflow.uploads import importing, service
from leadflow.uploads.tables import UPLOADS, Upload, UploadPart
from tests.integration.imports_over_http import (
    MAPPING,
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

LATE = UPLOADS.lease + timedelta(seconds=1)
# What a background process does, in batches so small that it is met in the middle.
PROCESS = """
from datetime import UTC, datetime
from leadflow.composition import compose
from leadflow.database.engine import get_engine
from leadflow.settings import get_settings
from leadflow.uploads.importing import Importer

compose()
few = get_settings().model_copy(update={"import_batch": 20})
Importer(get_engine(), few, lambda: datetime.now(UTC), "killed").work_next()
"""


def count(what: Any) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def begun(client: TestClient, content: bytes) -> str:
    import_id = mapped(client, content)
    start(client, import_id)
    return import_id


def test_a_process_that_is_killed_in_the_middle_leaves_nothing_doubled_and_nothing_out(
    client: TestClient, store: Engine
) -> None:
    import_id = begun(client, table([row(n) for n in range(400)]))
    process = subprocess.Popen([sys.executable, "-c", PROCESS], env=dict(os.environ))
    until = time.monotonic() + 120
    while look(client, import_id)["rows"] == 0:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = look(client, import_id)
    assert there["state"] == "running"
    assert 0 < there["rows"] < 400
    # While it may be at work still, nobody else goes on.
    assert importer(store).work_next() == 0
    assert importer(store, LATE).work_next() == 1
    done = look(client, import_id)
    assert (done["state"], done["rows"], done["new"]) == ("done", 400, 400)
    assert (count(Lead), count(UploadPart)) == (400, 0)


def test_a_process_that_ends_gives_it_to_another(client: TestClient, store: Engine) -> None:
    import_id = begun(client, small(30))
    importer(store, batch=10, ending=lambda: True).work_next()
    stopped = look(client, import_id)
    assert (stopped["state"], stopped["rows"]) == ("queued", 10)
    importer(store).work_next()
    assert (look(client, import_id)["new"], count(Lead)) == (30, 30)


def test_one_that_fails_again_and_again_has_failed_and_can_be_started_again(
    client: TestClient, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = begun(client, small())
    with monkeypatch.context() as patch:
        patch.setattr(importing, "import_file", None)
        for attempt in range(UPLOADS.most):
            assert look(client, import_id)["state"] == "queued"
            later = (attempt + 1) * 2 * AGAIN_AFTER
            assert importer(store, later).work_next() == 1
    failed = look(client, import_id)
    assert (failed["state"], failed["error"]) == ("failed", importing.MISTAKE)
    start(client, import_id)
    importer(store).work_next()
    assert look(client, import_id)["state"] == "done"


def test_one_that_kills_every_process_is_given_up(client: TestClient, store: Engine) -> None:
    import_id = begun(client, small())
    for attempt in range(UPLOADS.most):
        with unit_of_work() as session:
            assert UPLOADS.claim(session, "dies", now() + attempt * LATE) is not None
    with unit_of_work() as session:
        assert UPLOADS.claim(session, "dies", now() + 9 * LATE) is None
        assert service.settle(session, now() + 9 * LATE) == 1
    failed = look(client, import_id)
    assert (failed["state"], failed["error"]) == ("failed", service.DIED)


def test_one_that_is_undone_while_it_goes_on_stops_and_can_be_imported_anew(
    client: TestClient, store: Engine
) -> None:
    import_id = begun(client, small(30))
    importer(store, batch=10, ending=lambda: True).work_next()
    assert undo(client, store, import_id)["deleted"] == 10
    assert (look(client, import_id)["state"], count(Lead)) == ("undone", 0)
    with unit_of_work() as session:
        assert session.scalars(select(Upload.state)).one() == "queued"
    importer(store).work_next()
    assert (look(client, import_id)["state"], count(Lead)) == ("undone", 0)
    start(client, import_id)
    importer(store).work_next()
    assert (look(client, import_id)["state"], count(Lead)) == ("done", 30)


def test_nothing_is_imported_for_somebody_who_may_not_any_more(
    client: TestClient, store: Engine
) -> None:
    import_id = begun(client, small())
    with unit_of_work() as session:
        revoke_keys(session, "test", "admin")
    importer(store).work_next()
    with unit_of_work() as session:
        upload = session.get_one(Upload, import_id)
        assert (upload.state, "no account or key" in (upload.error or "")) == ("failed", True)
    assert count(Lead) == 0


def test_files_that_nobody_imports_are_deleted_after_their_time(
    client: TestClient, store: Engine
) -> None:
    sent = send(client, small())
    days = timedelta(days=7, minutes=1)
    with unit_of_work() as session:
        assert service.settle(session, now() + timedelta(days=6)) == 0
        assert service.settle(session, now() + days) == 1
    gone = look(client, sent["id"])
    assert (gone["state"], gone["file_until"], count(UploadPart)) == ("gone", None, 0)
    refused = client.post(f"/imports/{sent['id']}/start")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/import-elsewhere")
    mapping = client.put(f"/imports/{sent['id']}/mapping", json=MAPPING)
    assert mapping.status_code == 409
    with unit_of_work() as session:
        service.settle(session, now() + days + service.KEPT)
        service.settle(session, now() + days + service.KEPT + timedelta(days=1))
    assert client.get(f"/imports/{sent['id']}").status_code == 404


def test_a_file_is_let_go_before_it_is_imported_and_not_after(
    client: TestClient, store: Engine
) -> None:
    waits = begun(client, small(4))
    assert client.delete(f"/imports/{waits}").status_code == 204
    assert (look(client, waits)["state"], count(UploadPart)) == ("gone", 0)
    assert importer(store).work_next() == 0
    import_id = begun(client, small(5))
    importer(store).work_next()
    refused = client.delete(f"/imports/{import_id}")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/import-elsewhere")


def test_what_was_done_is_in_the_audit_log_by_who_did_it_and_nobody_is_named_there(
    client: TestClient, store: Engine
) -> None:
    import_id = begun(client, table([row(n) for n in range(30)] + [row(30, "many")]))
    importer(store).work_next()
    undo(client, store, import_id)
    with unit_of_work() as session:
        asked = "SELECT actor, action, audit_log::text FROM audit_log ORDER BY number"
        log = session.execute(text(asked)).all()
    done = [action for actor, action, _ in log if actor == "key:test"]
    assert [action for action in done if action.startswith(("import", "leads.import"))] == [
        "import.uploaded",
        "import.mapped",
        "import.started",
        "leads.imported",
        "import.done",
        "import.undo_asked",
        "leads.import_undone",
    ]
    said = "".join(whole for _, _, whole in log)
    assert "firm1" not in said
    assert "leads.csv" not in said
