"""A file of a source that the store's statistics do not know yet is stored without going through
all of its rows for each of them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text

from leadflow.intake.files import import_file
from leadflow.leads.files.mapping import parse_mapping
from leadflow.settings import get_settings

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROWS = 3_000
TOUCHED = "SELECT sum(idx_tup_fetch + seq_tup_read) FROM pg_stat_xact_user_tables"


def write(path: Path, start: int) -> Path:
    path.write_text("id\n" + "".join(f"{start + number}\n" for number in range(ROWS)))
    return path


@pytest.mark.long
def test_a_new_source_is_matched_along_an_index(store: Engine, tmp_path: Path) -> None:
    def bring_in(source: str, start: int = 0) -> None:
        mapping = parse_mapping({"source": source, "key": "id"})
        file = write(tmp_path / f"{source}-{start}.csv", start)
        import_file(file, mapping, get_settings(), store, NOW)

    bring_in("old")
    with store.begin() as connection:
        connection.execute(text("ANALYZE leads"))
    bring_in("new")
    read: list[int] = []

    def after(connection, cursor, statement, *_: object) -> None:  # type: ignore[no-untyped-def]
        if statement.startswith("UPDATE staged_leads"):
            read.append(connection.exec_driver_sql(TOUCHED).scalar_one() or 0)

    event.listen(store, "after_cursor_execute", after)
    try:
        bring_in("new", ROWS)
    finally:
        event.remove(store, "after_cursor_execute", after)
    assert read
    assert max(read) < 40 * ROWS
