"""What leads are found by: hashes of how names begin, and indexes for what is asked most"""

from typing import Any, cast

import psycopg
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from leadflow.privacy.cipher_in_use import opened
from leadflow.privacy.name_index import name_index

revision = "0041"
down_revision = "0040"

AT_A_TIME = 2000
NAMES = ("first_name", "last_name")
# Letters with one small one each: the Latin ones, as conditions compare them; and those that are
# not made of a plain letter and a mark, which is left out where companies are looked for.
LATIN = (*range(0x41, 0x5B), *range(0xC0, 0x180))
UNMARKED = (0xC6, 0xD0, 0xD8, 0xDE, 0x110, 0x141, 0x152, *range(0x391, 0x3AA), *range(0x400, 0x430))
# Most texts are of A to Z alone, and to look every letter up in a list takes long.
SMALL_LETTERS = """
CREATE FUNCTION small_letters(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN octet_length(said) = length(said) THEN lower(said COLLATE "C")
    ELSE translate(said, {capitals}, {small}) END
$$
"""
SEARCHED_TEXT = """
CREATE FUNCTION searched_text(said text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF octet_length(said) = length(said) THEN
        RETURN lower(said COLLATE "C");
    END IF;
    said := regexp_replace(normalize(said, NFKD), '[\u0300-\u036f]', '', 'g');
    said := translate(lower(said COLLATE "C"), {capitals}, {small});
    said := translate(said, 'øłđðı', 'olddi');
    RETURN replace(replace(replace(replace(said, 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'ß', 'ss');
END $$
"""
FACETS = """
CREATE FUNCTION lead_facets(source text, company_name text, industry text, job_title text,
    seniority text, location text, country text, region text, currency text, timeline text,
    email_kind text, has_phone boolean, service_requirements text[], attributes jsonb)
RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    asked text;
    named text;
    kind text;
    content text;
    found text[] := ARRAY[
        'source=' || {small_letters}(left(source, 200)),
        'company_name=' || {small_letters}(left(company_name, 200)),
        'industry=' || {small_letters}(left(industry, 200)),
        'job_title=' || {small_letters}(left(job_title, 200)),
        'seniority=' || {small_letters}(left(seniority, 200)),
        'location=' || {small_letters}(left(location, 200)),
        'country=' || {small_letters}(country),
        'region=' || {small_letters}(left(region, 200)),
        'currency=' || {small_letters}(currency),
        'timeline=' || {small_letters}(left(timeline, 200)),
        'email_kind=' || {small_letters}(email_kind),
        'has_phone=' || has_phone::text
    ];
BEGIN
    FOREACH asked IN ARRAY coalesce(service_requirements, '{{}}') LOOP
        found := found || ('=' || {small_letters}(left(asked, 200)));
    END LOOP;
    FOR named, kind, content IN
        SELECT key, jsonb_typeof(value), value #>> '{{}}' FROM jsonb_each(attributes)
    LOOP
        IF kind = 'number' AND length(content) <= 300 THEN
            content := content::double precision::text;
        ELSIF kind NOT IN ('string', 'boolean') THEN
            CONTINUE;
        END IF;
        found := found
            || ('attributes.' || named || '=' || {small_letters}(left(content, 200)));
    END LOOP;
    RETURN array_remove(found, NULL);
END $$
"""
SEARCH = """
CREATE INDEX ix_leads_search ON leads USING gin (
    lead_facets(source, company_name, industry, job_title, seniority, location, country::text,
        region, budget_currency::text, timeline, email_kind, has_phone, service_requirements,
        attributes),
    (first_name_index || last_name_index),
    searched_text(company_name) gin_trgm_ops
)
"""
FUNCTIONS = ("lead_facets", "searched_text", "small_letters")
PAGED = {
    "ix_leads_created_at": ("leads", ["created_at", "id"], None),
    "ix_leads_company_size": ("leads", ["company_size", "id"], None),
    "ix_leads_budget_minor": ("leads", ["budget_minor", "id"], None),
    "ix_lead_scores_ranking": ("lead_scores", ["total_score", "lead_id"], "is_current"),
    "ix_score_overrides_ranking": (
        "score_overrides",
        ["new_score", "lead_id"],
        "status = 'active'",
    ),
    "ix_lead_scores_level": ("lead_scores", ["level", "total_score", "lead_id"], "is_current"),
}


def upgrade() -> None:
    """Columns, their values for the leads there are, and indexes."""
    for name in NAMES:
        op.add_column("leads", sa.Column(f"{name}_index", postgresql.ARRAY(sa.BigInteger())))
    _index_names()
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for function, codes in ((SMALL_LETTERS, LATIN), (SEARCHED_TEXT, UNMARKED)):
        capitals = _capitals(codes)
        small = "".join(sign.lower() for sign in capitals)
        op.execute(function.format(capitals=_quoted(capitals), small=_quoted(small)))
    # Indexes are made and analysed with a search path of PostgreSQL's own.
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    op.execute(FACETS.format(small_letters=f"{schema}.small_letters"))
    op.execute(SEARCH)
    op.drop_index("ix_lead_scores_ranking", "lead_scores")
    _index_load(["lead_id"])
    for name, (table, columns, where) in PAGED.items():
        condition = None if where is None else sa.text(where)
        op.create_index(name, table, columns, postgresql_where=condition)


def _index_load(along: list[str]) -> None:
    """The leads that each salesperson has, with these columns along the index."""
    op.drop_index("ix_assignments_load", "assignments")
    where = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_assignments_load",
        "assignments",
        ["rep_id"],
        postgresql_where=where,
        postgresql_include=along,
    )


def _index_names() -> None:
    """The hashes of every name there is, some rows at a time."""
    op.execute(
        "CREATE TEMP TABLE found_by (id text PRIMARY KEY, first_name_index bigint[], "
        "last_name_index bigint[])"
    )
    connection = cast("psycopg.Connection[Any]", op.get_bind().connection.driver_connection)
    with connection.cursor(name="to_index") as rows:
        rows.execute(
            "SELECT id, first_name, last_name FROM leads "
            "WHERE first_name IS NOT NULL OR last_name IS NOT NULL"
        )
        while some := rows.fetchmany(AT_A_TIME):
            with connection.cursor().copy("COPY pg_temp.found_by FROM STDIN") as copy:
                for lead_id, *names in some:
                    copy.write_row((lead_id, *map(_indexed, names, NAMES)))
    op.execute("ANALYZE pg_temp.found_by")
    op.execute(
        "UPDATE leads SET first_name_index = f.first_name_index, "
        "last_name_index = f.last_name_index FROM pg_temp.found_by AS f WHERE f.id = leads.id"
    )
    op.execute("DROP TABLE pg_temp.found_by")


def _indexed(secret: bytes | None, field: str) -> list[int] | None:
    return None if secret is None else name_index(opened(secret, field))


def _capitals(codes: tuple[int, ...]) -> str:
    """Those of the letters that have one small letter each."""
    signs = map(chr, codes)
    return "".join(s for s in signs if len(s.lower()) == 1 and s.lower() != s)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def downgrade() -> None:
    """Without them. The extension stays: others may use it."""
    for name, (table, *_) in PAGED.items():
        op.drop_index(name, table)
    current = sa.text("is_current")
    op.create_index(
        "ix_lead_scores_ranking", "lead_scores", ["total_score"], postgresql_where=current
    )
    _index_load([])
    op.execute("DROP INDEX ix_leads_search")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
    for name in NAMES:
        op.drop_column("leads", f"{name}_index")
