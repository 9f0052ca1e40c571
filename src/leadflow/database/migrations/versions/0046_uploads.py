"""Files that are sent over the API to be imported, in parts."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"

STATES = "('arriving', 'uploaded', 'queued', 'running', 'done', 'failed', 'gone')"
WITH_FILE = "(state IN ('arriving', 'uploaded', 'queued', 'running', 'failed'))"


def upgrade() -> None:
    """Both are empty; who may import follows from roles and keys."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "uploads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("received_at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True, comment="As it was said with the file."),
        sa.Column("content_hash", sa.Text(), nullable=True),
        sa.Column(
            "size", sa.BigInteger(), nullable=False, server_default="0", comment="Bytes, so far."
        ),
        sa.Column("parts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("rows", sa.BigInteger(), nullable=True, comment="In the file."),
        sa.Column("proposal", sa.LargeBinary(), nullable=True),
        sa.Column("mapping", sa.LargeBinary(), nullable=True),
        sa.Column(
            "anyway",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("false"),
            comment="Go on where many rows fail.",
        ),
        sa.Column("state", sa.Text(), nullable=False, server_default="arriving"),
        sa.Column("started_by", sa.Text(), nullable=True),
        sa.Column(
            "due_at",
            moment,
            nullable=False,
            comment="When it may be begun; while it is imported, until when it is held.",
        ),
        sa.Column(
            "attempts",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="How often it was begun; the last one may go on.",
        ),
        sa.Column(
            "in_vain",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="How often in a row that came to nothing.",
        ),
        sa.Column("held_by", sa.Text(), nullable=True, comment="The process that began it last."),
        sa.Column("inbox_id", sa.Text(), nullable=True),
        sa.Column(
            "known_since",
            moment,
            nullable=True,
            comment="When the same was imported before, and nothing was left to do.",
        ),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("expires_at", moment, nullable=True, comment="When the file goes."),
        sa.Column("error", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_uploads_state")),
        sa.CheckConstraint(f"{WITH_FILE} = (expires_at IS NOT NULL)", name=op.f("ck_uploads_file")),
        sa.CheckConstraint(
            "(state = 'failed') = (error IS NOT NULL)", name=op.f("ck_uploads_error")
        ),
        sa.CheckConstraint(
            "state NOT IN ('queued', 'running') OR"
            " (mapping IS NOT NULL AND started_by IS NOT NULL)",
            name=op.f("ck_uploads_started"),
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_uploads_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index("ix_uploads_content_hash", "uploads", ["content_hash"])
    op.create_index("ix_uploads_inbox_id", "uploads", ["inbox_id"])
    op.create_index(
        "ix_uploads_due",
        "uploads",
        ["due_at"],
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "upload_parts",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["uploads.id"],
            name=op.f("fk_upload_parts_upload_id_uploads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_upload_parts")),
    )


def downgrade() -> None:
    """Files that were not imported are gone."""
    op.drop_table("upload_parts")
    op.drop_table("uploads")
