"""Exports of leads, and their files in parts"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"

STATES = "('queued', 'waiting', 'running', 'done', 'failed', 'refused', 'expired')"


def upgrade() -> None:
    """Both are empty; who may export follows from roles and keys."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "lead_exports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("search", sa.LargeBinary(), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False, server_default="queued"),
        sa.Column(
            "due_at",
            moment,
            nullable=False,
            comment="When it may be begun; while it is written, until when it is held.",
        ),
        sa.Column(
            "attempts",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="How often it was begun; the last one may write.",
        ),
        sa.Column("held_by", sa.Text(), nullable=True, comment="The process that began it last."),
        sa.Column("approval_id", sa.Text(), nullable=True),
        sa.Column("leads", sa.Integer(), nullable=True, comment="Counted before it was written."),
        sa.Column(
            "written", sa.Integer(), nullable=False, server_default="0", comment="Leads, so far."
        ),
        sa.Column("size", sa.BigInteger(), nullable=True, comment="Bytes of the whole file."),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("expires_at", moment, nullable=True, comment="When the file goes."),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("format IN ('csv', 'parquet')", name=op.f("ck_lead_exports_format")),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_lead_exports_state")),
        sa.CheckConstraint(
            "(state IN ('done', 'expired')) = (expires_at IS NOT NULL)",
            name=op.f("ck_lead_exports_file"),
        ),
        sa.CheckConstraint(
            "(state IN ('failed', 'refused')) = (error IS NOT NULL)",
            name=op.f("ck_lead_exports_error"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_exports")),
    )
    op.create_index("ix_lead_exports_listed", "lead_exports", ["asked_by", "asked_at", "id"])
    op.create_index(
        "ix_lead_exports_due",
        "lead_exports",
        ["due_at"],
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "lead_export_parts",
        sa.Column("export_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["export_id"],
            ["lead_exports.id"],
            name=op.f("fk_lead_export_parts_export_id_lead_exports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "export_id", "attempt", "number", name=op.f("pk_lead_export_parts")
        ),
    )


def downgrade() -> None:
    """Files that were not fetched are gone."""
    op.drop_table("lead_export_parts")
    op.drop_table("lead_exports")
