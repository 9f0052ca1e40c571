"""Many leads with many events each, made inside PostgreSQL in about a minute."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import Engine, text

NOW = datetime(2026, 11, 1, tzinfo=UTC)
# So few that a lead has most of them more than once; as real ones, most are visits.
LEADS = """
INSERT INTO leads (id, source, external_id, created_at, known_from, updated_at, email_kind,
    has_phone, company_size, industry, seniority, country, budget_minor, budget_currency,
    timeline_months, service_requirements, website_visits, counted_at, attributes)
SELECT 'lead_' || lpad(to_hex(1750000000000 + n), 12, '0') || md5(n::text)::char(16), 'made', n,
    at, at, at, (ARRAY['none', 'free', 'company'])[1 + n % 3], n % 2 = 0,
    CASE WHEN n % 5 > 0 THEN (abs(hashint8(n)) % 5000) + 1 END,
    (ARRAY['finance', 'retail', 'health', 'energy', 'software', NULL])[1 + n % 6],
    (ARRAY['junior', 'senior', 'head', 'c_level', NULL])[1 + n % 5],
    (ARRAY['DE', 'FR', 'US', 'GB', 'ES', 'IT', 'PL'])[1 + n % 7],
    CASE WHEN n % 4 > 0 THEN (abs(hashint8(n + 7)) % 100000) * 100 END,
    CASE WHEN n % 4 > 0 THEN 'EUR' END,
    CASE WHEN n % 3 > 0 THEN n % 12 END, CASE WHEN n % 2 = 0 THEN ARRAY['audit', 'training'] END,
    CASE WHEN n % 10 = 0 THEN n % 40 END, CASE WHEN n % 10 = 0 THEN at + interval '5 days' END,
    jsonb_build_object('employees', n % 900, 'segment', 'segment ' || n % 8)
FROM (
    SELECT n, CAST(:now AS timestamptz) - interval '10 days'
        - (abs(hashint8(n)) % 31000000) * interval '1 second' AS at
    FROM generate_series(1, CAST(:leads AS bigint)) AS n
) AS made
"""
ATTRIBUTES = """
INSERT INTO attribute_definitions (name, label, kind, dimension) VALUES
    ('employees', 'Employees', 'numeric', 'fit'), ('segment', 'Segment', 'categorical', 'fit')
"""
EVENTS = """
INSERT INTO lead_events (lead_id, type, occurred_at, known_at, source)
SELECT id,
    (ARRAY['website_visit', 'website_visit', 'website_visit', 'email_open', 'email_open',
        'pricing_view', 'content_download', 'email_click', 'form_sent', 'email_reply'])
        [1 + abs(hashint8(n * 64 + e)) % 10],
    at, at, 'made'
FROM (
    SELECT id, n, e, created_at + abs(hashint8(n * 64 + e + 1)) / 2147483648.0::float8 * lived AS at
    FROM (
        SELECT id, created_at, CAST(:now AS timestamptz) - created_at AS lived,
            CAST(external_id AS bigint) AS n
        FROM leads
    ) AS l, generate_series(1, CAST(:events AS bigint)) AS e
    WHERE n % :writers = :writer
) AS happened
"""
OUTCOMES = """
INSERT INTO outcomes (id, lead_id, outcome, occurred_at, known_at, source)
SELECT 'outcome_' || id, id, CASE WHEN n % 12 = 0 THEN 'converted' ELSE 'lost' END,
    created_at + (n % 80 + 1) * interval '1 day', created_at + (n % 80 + 1) * interval '1 day',
    'made'
FROM (SELECT id, created_at, CAST(external_id AS bigint) AS n FROM leads) AS l
WHERE n % 3 = 0 AND created_at < CAST(:now AS timestamptz) - interval '90 days'
"""
NEWS = """
INSERT INTO lead_events (lead_id, type, occurred_at, source)
SELECT id, 'pricing_view', now(), 'news' FROM leads
WHERE abs(hashint8(CAST(external_id AS bigint) + 5)) % 10000 < :below
"""
INDEX = "ix_lead_events_lead_id_occurred_at"


# Of a store that is thrown away nothing need reach the disk.
SETTINGS = ("fsync = off", "full_page_writes = off", "max_wal_size = '8GB'")
WRITERS = 2


def make(engine: Engine, leads: int, events_each: int) -> None:
    """So many leads in an empty store of one's own, each with so many events, and how a third of
    the older ones ended; nothing else is told of them."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting in SETTINGS:
            connection.execute(text(f"ALTER SYSTEM SET {setting}"))
        connection.execute(text("SELECT pg_reload_conf()"))
        written = connection.execute(
            text("SELECT indexdef FROM pg_indexes WHERE indexname = :name"), {"name": INDEX}
        ).scalar_one()
        # Nobody hears of made-up leads, and an index is made faster than kept.
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("SET maintenance_work_mem = '1GB'"))
        connection.execute(text(f"DROP INDEX {INDEX}"))
        connection.execute(text(ATTRIBUTES))
        connection.execute(text(LEADS), {"leads": leads, "now": NOW})
        with ThreadPoolExecutor(WRITERS) as writers:
            list(writers.map(lambda n: _events(engine, n, events_each), range(WRITERS)))
        connection.execute(text(OUTCOMES), {"now": NOW})
        connection.execute(text(written))
        connection.execute(text("VACUUM ANALYZE leads"))
        connection.execute(text("VACUUM ANALYZE lead_events"))
        connection.execute(text("SET session_replication_role = origin"))


def news(engine: Engine, share: float) -> int:
    """An event more of this share of the leads; how many."""
    with engine.begin() as connection:
        added = connection.execute(text(NEWS), {"below": int(share * 10_000)})
    return int(added.rowcount)


def _events(engine: Engine, writer: int, events_each: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        given = {"events": events_each, "now": NOW, "writer": writer, "writers": WRITERS}
        connection.execute(text(EVENTS), given)
