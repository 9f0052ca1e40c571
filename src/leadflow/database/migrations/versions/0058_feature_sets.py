"""Sets of features that are kept, and which leads' events have changed since one was made."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"

MOMENT = sa.DateTime(timezone=True)
ROWS = {"insert": "new_rows", "update": "new_rows", "delete": "old_rows"}
AHEAD = "max(greatest(occurred_at, known_at))"
NOTE = """
CREATE FUNCTION feature_news_of_events_{change}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO feature_news (lead_id, ahead_until)
    SELECT lead_id, {ahead} FROM {rows} GROUP BY lead_id;
    RETURN NULL;
END $$;
CREATE TRIGGER feature_news_of_events_{change} AFTER {change} ON lead_events
REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION feature_news_of_events_{change}()
"""
# What is an update of the payload alone changes no count, but costs little to look at again.
SEEN = {
    "insert": "NEW TABLE AS new_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
}
BOTH = "(TABLE new_rows UNION ALL TABLE old_rows) AS changed"


def upgrade() -> None:
    """No set has been made yet, so that no event is news but those that are still to happen."""
    op.create_table(
        "feature_sets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("ready_at", MOMENT),
        sa.Column("base_id", sa.Text()),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("definitions_sha256", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.Text()),
        sa.Column("leads", sa.BigInteger()),
        sa.CheckConstraint(
            "purpose IN ('serving', 'training', 'recent')", name=op.f("ck_feature_sets_purpose")
        ),
        sa.CheckConstraint(
            "num_nulls(ready_at, manifest_sha256, leads) IN (0, 3)",
            name=op.f("ck_feature_sets_ready"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_sets")),
    )
    op.create_index("ix_feature_sets_purpose_as_of", "feature_sets", ["purpose", "as_of"])
    op.create_table(
        "feature_news",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column(
            "changed_in",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column("ahead_until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_news")),
    )
    for change, rows in ROWS.items():
        given = BOTH if change == "update" else rows
        op.execute(NOTE.format(change=change, rows=given, ahead=AHEAD, seen=SEEN[change]))
    op.execute(
        f"INSERT INTO feature_news (lead_id, ahead_until) SELECT lead_id, {AHEAD} FROM lead_events "
        "WHERE occurred_at > now() OR known_at > now() GROUP BY lead_id"
    )


def downgrade() -> None:
    """The files of sets stay where they are."""
    for change in ROWS:
        name = f"feature_news_of_events_{change}"
        op.execute(f"DROP TRIGGER {name} ON lead_events; DROP FUNCTION {name}()")
    op.drop_table("feature_news")
    op.drop_table("feature_sets")
