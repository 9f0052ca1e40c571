"""Sources that deliver by webhook, their secrets, and what they have delivered"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Four tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "source_versions",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "content",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="Empty: from then on nothing is taken from it.",
        ),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "version", name=op.f("pk_source_versions")),
    )
    op.create_table(
        "source_secrets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("ends_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_secrets")),
    )
    op.create_index("ix_source_secrets_source", "source_secrets", ["source"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("headers", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False, server_default="received"),
        sa.Column("received_at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("processed_at", moment, nullable=True),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=True,
            comment="The version of its source by which it was mapped.",
        ),
        sa.Column("records", sa.Integer(), nullable=True, comment="How many records it held."),
        sa.Column(
            "kinds",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="Of which kinds it was, as its source names them.",
        ),
        sa.Column("reasons", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('received', 'processed', 'dead', 'discarded')",
            name=op.f("ck_deliveries_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("source", "delivery_id", name=op.f("uq_deliveries_source_delivery_id")),
    )
    for status in ("received", "dead"):
        op.create_index(
            f"ix_deliveries_{status}",
            "deliveries",
            ["id"],
            postgresql_where=sa.text(f"status = '{status}'"),
        )
    op.create_table(
        "inbox_at_work",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("until", moment, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_inbox_at_work_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_at_work")),
    )


def downgrade() -> None:
    """Without them."""
    for name in ("inbox_at_work", "deliveries", "source_secrets", "source_versions"):
        op.drop_table(name)
