"""What PostgreSQL knows of the tables of a simulated year: plans go by how large they are.

The application's own role may not ask it to look; who owns the tables may.
"""

from sqlalchemy import text

from leadflow.database.engine import get_owner_engine

TABLES = "leads, lead_events, outcomes, outcome_log, lead_scores, shadow_scores"


def looked_at() -> None:
    """Have PostgreSQL look at how large the tables have become, and at what is in them."""
    _now(f"ANALYZE {TABLES}")


def emptied() -> None:
    """Give up the room of what was taken back. Where a table has room and no rows, PostgreSQL takes
    it for empty however much comes in next, and looks for each row's lead along a wrong index."""
    _now(f"VACUUM {TABLES}")


def _now(statement: str) -> None:
    with get_owner_engine().connect() as connection:
        # Neither may be done within a transaction that does more.
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(statement))
