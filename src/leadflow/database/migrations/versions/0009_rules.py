"""Rule sets: versions of conditions and actions, which are added and never changed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """The rule sets, of which nothing but the mark of the active one may change."""
    op.create_table(
        "rule_sets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_rule_sets_version")),
        sa.CheckConstraint("length(content_hash) = 64", name=op.f("ck_rule_sets_content_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_sets")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_rule_sets_kind_version")),
    )
    op.create_index(
        "uq_rule_sets_active",
        "rule_sets",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    op.execute(
        "CREATE TRIGGER rule_sets_stay_as_written BEFORE UPDATE ON rule_sets FOR EACH ROW "
        "WHEN (to_jsonb(OLD) - 'active' IS DISTINCT FROM to_jsonb(NEW) - 'active') "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER rule_sets_stay BEFORE DELETE OR TRUNCATE ON rule_sets "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Rules are not stored."""
    op.drop_table("rule_sets")
