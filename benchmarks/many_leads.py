"""A million leads with scores, salespeople and ends, made inside PostgreSQL in a few statements."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOW = datetime(2026, 11, 1, tzinfo=UTC)
REPS = 200
# Common beginnings and rare ones.
STEMS = ("Ann", "Mar", "Jul", "Zoë", "Mül", "Ber", "Kov", "San", "Gar", "Hoff", "Nov", "Rich")
FIRST = [stem + end for stem in STEMS for end in ("a", "el", "ik", "ón", "us")]
ENDS = ("ler", "ger", "ács", "chez", "aka", "cía", "mann", "rov", "ter", "idt", "res", "nández")
LAST = [stem + end for stem in STEMS for end in ENDS]
NAMES = """
CREATE TABLE made_names (kind text, place int, name bytea, hashes bigint[])
"""
NAME = "INSERT INTO made_names VALUES (:kind, :place, :name, :hashes)"
LEADS = """
INSERT INTO leads (id, source, external_id, first_name, first_name_index, last_name,
    last_name_index, email_kind, has_phone, company_name, company_size, industry, job_title,
    seniority, country, region, budget_minor, budget_currency, timeline, service_requirements,
    attributes, created_at, known_from, updated_at)
SELECT 'lead_' || lpad(to_hex(n), 28, '0'), 'source_' || (h % 40), n::text, f.name, f.hashes,
    l.name, l.hashes, (ARRAY['free', 'company'])[1 + h % 2], h % 3 > 0,
    (ARRAY['Müller', 'Northwind', 'Acme', 'Initech', 'Vandelay', 'Blue River', 'Ostsee'])[1 + h % 7]
        || ' ' || (h / 7 % 5000) || ' ' || (ARRAY['GmbH', 'Inc', 'SA', 'Ltd'])[1 + h / 11 % 4],
    (exp(h / 13 % 1000 / 100.0))::int,
    (ARRAY['retail', 'finance', 'technology', 'health', 'energy', 'education', 'media', 'logistics',
        'construction', 'hospitality', 'mining', 'agriculture'])[1 + h / 17 % 12],
    (ARRAY['VP of Marketing', 'CEO', 'Engineer', 'Head of Sales'])[1 + h / 19 % 4],
    (ARRAY['vice president', 'chief', 'staff', 'head'])[1 + h / 19 % 4],
    (ARRAY['DE', 'US', 'FR', 'GB', 'ES', 'IT', 'NL', 'PL'])[1 + h / 23 % 8],
    'R' || (h / 29 % 60),
    CASE WHEN h / 31 % 10 < 7 THEN (h / 31 % 100000) * 100 END,
    CASE WHEN h / 31 % 10 < 7 THEN 'EUR' END,
    '1-3 months', ARRAY[(ARRAY['seo', 'crm', 'ads', 'mail', 'shop'])[1 + h / 37 % 5]],
    jsonb_build_object('plan', (ARRAY['Basic', 'Pro', 'Team', 'Enterprise'])[1 + h / 41 % 4],
        'campaign', 'c' || (h / 43 % 1000), 'seats', h / 47 % 500, 'vip', h / 53 % 50 = 0),
    moment, moment, moment
FROM (
    SELECT n, abs(hashint8(n)::bigint) AS h,
        CAST(:now AS timestamptz) - (CAST(:leads AS int) - n) * interval '30 seconds' AS moment
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
) AS made
JOIN made_names f ON f.kind = 'first' AND f.place = h / 59 % CAST(:firsts AS int)
JOIN made_names l ON l.kind = 'last' AND l.place = h / 61 % CAST(:lasts AS int)
"""
SCORES = """
INSERT INTO lead_scores (lead_id, as_of, scorecard_id, total_score, points, probability,
    probability_low, probability_high, demographic, behavioural, engagement, fit, ai, confidence,
    level, regime, model_version, contributions, reason_places, reason_texts)
SELECT id, CAST(:now AS timestamptz), 1, total, total, total / 100, total / 100, total / 100, 50,
    50, 50, 50, 50, 'high', CASE WHEN total > 88 THEN 'hot' WHEN total > 70 THEN 'warm'
        WHEN total > 40 THEN 'cold' ELSE 'unqualified' END, 'model', '1', ARRAY[1.5, 2.5],
    ARRAY[0, 1]::smallint[], ARRAY['Has a budget', 'Has called']
FROM (SELECT id, abs(hashtextextended(id, 1)) % 100000 / 1000.0 AS total FROM leads) AS made
"""
SCORECARD = """
INSERT INTO scorecards (id, regime, model_version, features) VALUES (1, 'model', '1', '{a,b}')
"""
OVERRIDES = """
INSERT INTO score_overrides (id, lead_id, new_score, level, model_score, model_points,
    model_probability, model_version, reason, override_by, status, created_at, in_force_from,
    expires_at)
SELECT 'override_' || id, id, 95, 'hot', 50, 50, 0.1, '1', CAST(:reason AS bytea), 'key:bench',
    'active', CAST(:now AS timestamptz), CAST(:now AS timestamptz), '2100-01-01'
FROM leads WHERE hashtext(id) % 500 = 0
"""
ENDED = """
INSERT INTO outcomes (id, lead_id, outcome, occurred_at, source)
SELECT 'outcome_' || id, id, CASE WHEN hashtext(id) % 7 = 0 THEN 'converted' ELSE 'lost' END,
    created_at + interval '20 days', 'bench'
FROM leads WHERE created_at < CAST(:now AS timestamptz) - interval '60 days'
    AND hashtextextended(id, 2) % 10 < 3
"""
HELD = """
INSERT INTO assignments (id, lead_id, rep_id, strategy, reason, source, assigned_by, assigned_at)
SELECT 'assign_' || l.id, l.id, r.id, 'hybrid', 'bench', 'sweep', 'bench', l.created_at
FROM leads l JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM reps) r
    ON r.place = abs(hashtextextended(l.id, 3)) % CAST(:reps AS int)
WHERE abs(hashtextextended(l.id, 4)) % 10 < 3
"""
ATTRIBUTES = """
INSERT INTO attribute_definitions (name, label, kind, dimension)
VALUES ('plan', 'Plan', 'categorical', 'fit'), ('campaign', 'Campaign', 'categorical', 'fit'),
    ('seats', 'Seats', 'numeric', 'fit'), ('vip', 'VIP', 'boolean', 'fit')
"""
AT_A_TIME = 100_000
SEARCH = "ix_leads_search"
DEFINED = "SELECT pg_get_indexdef(CAST(:name AS regclass))"


def fill(engine: "Engine", leads: int) -> None:
    """Bring an empty store to so many leads, 200 salespeople, scores of all, overrides of some."""
    from leadflow.assignment.team.schemas import TeamIn
    from leadflow.assignment.team.versions import store_team
    from leadflow.database.engine import unit_of_work
    from leadflow.privacy.cipher_in_use import get_cipher
    from leadflow.privacy.name_index import name_index

    reps = [{"id": f"rep{n}", "name": f"Rep {n}", "capacity": 1_000_000} for n in range(1, REPS)]
    reps.append({"id": "rep0", "name": "Rep 0"})
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate({"fallback_owner": "rep0", "reps": reps}))
    cipher = get_cipher()
    names = [
        {"kind": kind, "place": place, "name": cipher.encrypt(name, f"{kind}_name")}
        | {"hashes": name_index(name)}
        for kind, every in (("first", FIRST), ("last", LAST))
        for place, name in enumerate(every)
    ]
    given = {"now": NOW, "reps": REPS, "reason": cipher.encrypt("bench", "override_reason")}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Loads of salespeople are counted row by row, and no search reads them.
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text(NAMES))
        connection.execute(text(NAME), names)
        # Made anew at once: row by row it takes a quarter of an hour.
        defined = connection.execute(text(DEFINED), {"name": SEARCH}).scalar_one()
        connection.execute(text(f"DROP INDEX {SEARCH}"))
        sizes = {"leads": leads, "firsts": len(FIRST), "lasts": len(LAST)}
        for first in range(1, leads + 1, AT_A_TIME):
            last = min(first + AT_A_TIME - 1, leads)
            connection.execute(text(LEADS), given | sizes | {"first": first, "last": last})
        connection.execute(text("SET maintenance_work_mem = '512MB'"))
        connection.exec_driver_sql(defined)
        for statement in (ATTRIBUTES, SCORECARD, SCORES, OVERRIDES, ENDED, HELD):
            connection.execute(text(statement), given)
        for table in ("leads", "lead_scores", "score_overrides", "outcomes", "assignments"):
            connection.execute(text(f"VACUUM ANALYZE {table}"))
