"""A large store made in seconds: a simulated market, copied under new ids inside PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import Engine, text

from leadflow.settings import Settings

SEED, ORIGINALS, EVENTS_A_LEAD = 7, 10_000, 10
NOW = datetime(2026, 11, 1, tzinfo=UTC)

# Each copy's id begins with its number, so that ids are as long and as ordered as real ones.
COPY_LEADS = """
INSERT INTO leads (id, source, external_id, {columns})
SELECT 'lead_' || lpad(to_hex(CAST(:copy AS integer)), 12, '0') || substr(id, 18), 'copy',
    CAST(:copy AS integer) || ':' || id, {columns}
FROM leads WHERE source = 'simulation'
"""
COPY_EVENTS = """
INSERT INTO lead_events (lead_id, type, occurred_at, known_at, source)
SELECT 'lead_' || lpad(to_hex(CAST(:copy AS integer)), 12, '0') || substr(lead_id, 18), type,
    occurred_at, known_at, 'copy'
FROM chosen_events
"""
CHOSEN = """
CREATE TEMP TABLE IF NOT EXISTS chosen_events AS
SELECT * FROM lead_events WHERE source = 'simulation' ORDER BY hashint8(id) LIMIT :limit
"""


def fill(engine: Engine, settings: Settings, leads: int) -> None:
    """Bring the store to so many leads with ten events each; the market they copy stays beside."""
    from leadflow.simulation.service import simulate

    simulate(engine, settings, seed=SEED, leads=ORIGINALS, months=12.0, reps=10, now=NOW)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        names = connection.execute(
            text(
                "SELECT string_agg(column_name, ', ') FROM information_schema.columns "
                "WHERE table_name = 'leads' AND column_name NOT IN "
                "('id', 'source', 'external_id', 'email', 'email_index')"
            )
        ).scalar_one()
        connection.execute(text(CHOSEN), {"limit": ORIGINALS * EVENTS_A_LEAD})
        first = connection.execute(
            text("SELECT count(*) / :size FROM leads WHERE source = 'copy'"), {"size": ORIGINALS}
        ).scalar_one()
        for copy in range(first + 1, leads // ORIGINALS + 1):
            connection.execute(text(COPY_LEADS.format(columns=names)), {"copy": copy})
            connection.execute(text(COPY_EVENTS), {"copy": copy})
        connection.execute(text("VACUUM ANALYZE leads"))
        connection.execute(text("VACUUM ANALYZE lead_events"))
