"""What was written to the store, also by transactions that were rolled back."""

import time

from sqlalchemy import Engine, text

from leadflow.database.engine import get_engine

OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    AND state = 'idle'
"""
WRITTEN = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables
WHERE schemaname NOT LIKE 'pg_temp%' AND n_tup_ins + n_tup_upd + n_tup_del > 0
"""
LONGEST = 30.0


def written(engine: Engine) -> dict[str, int]:
    """How many rows were ever put into, changed in or taken from each table. Connections count
    what they did as they end, so all of this process are ended."""
    deadline = time.monotonic() + LONGEST
    get_engine().dispose()
    engine.dispose()
    while True:
        with engine.connect() as connection:
            if connection.execute(text(OTHERS)).scalar_one() == 0:
                return dict(connection.execute(text(WRITTEN)).tuples().all())
            # What an earlier test has left open.
            connection.execute(text(END))
        assert time.monotonic() < deadline, "somebody else is connected"
        time.sleep(0.1)
