"""export_audit_head on a real Prefect server: a line an hour, and a failed run where it must."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from leadflow.audit import exported
from leadflow.audit import service as audit
from leadflow.audit.exported import read_heads
from leadflow.audit.exporting import LogSetBack
from leadflow.audit.resuming import resume
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from tasks.audit import export_head

pytestmark = pytest.mark.servers


def test_the_head_is_written_outside_the_database_and_a_log_set_back_fails_the_run(
    prefect: object, store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.export_audit_head import export_audit_head

    monkeypatch.setattr(get_settings(), "audit_folder", tmp_path)
    monkeypatch.setattr(export_head, "retry_delay_seconds", 0)
    assert export_audit_head() == 0
    for number in (1, 2):
        with unit_of_work() as session:
            audit.record(session, "ana", "did", "thing/1")
        assert export_audit_head() == number
    path = exported.heads_file(get_settings())
    assert [head.number for head in read_heads(path)] == [1, 2]
    with store.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("TRUNCATE audit_log, audit_head"))
    with pytest.raises(LogSetBack, match="row 2"):
        export_audit_head()
    assert len(read_heads(path)) == 2
    with unit_of_work() as session:
        resume(session, get_settings(), "ana", "begun anew")
    assert export_audit_head() == 2
