"""The reasons people give, beside the audit log, where they can be forgotten"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """The table; what is in the log already stays there."""
    op.create_table(
        "audit_reasons",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_reasons")),
    )
    op.create_index(op.f("ix_audit_reasons_subject"), "audit_reasons", ["subject"], unique=False)
    op.create_index(
        "ix_audit_log_said",
        "audit_log",
        ["number"],
        unique=False,
        postgresql_where=sa.text("starts_with(why, 'said:')"),
    )


def downgrade() -> None:
    """Reasons are lost; the log keeps their hashes."""
    op.drop_index("ix_audit_log_said", table_name="audit_log")
    op.drop_table("audit_reasons")
