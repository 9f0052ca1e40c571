"""What checks of the stored data found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0059"
down_revision = "0058"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Names of suites, words of ours, figures and ids; no values."""
    op.create_table(
        "data_checks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("since", MOMENT),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("expectations", sa.BigInteger(), nullable=False, comment="How many there were."),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("stops", sa.Boolean(), nullable=False),
        sa.Column("failed", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("docs", sa.Text(), comment="The folder of its Data Docs."),
        sa.Column("accepted_at", MOMENT),
        sa.Column("accepted_by", sa.Text()),
        sa.CheckConstraint("rows >= 0", name=op.f("ck_data_checks_rows")),
        sa.CheckConstraint(
            "held = (jsonb_array_length(failed) = 0)", name=op.f("ck_data_checks_held")
        ),
        sa.CheckConstraint("NOT (held AND stops)", name=op.f("ck_data_checks_stops")),
        sa.CheckConstraint(
            "(accepted_at IS NULL) = (accepted_by IS NULL)", name=op.f("ck_data_checks_accepted")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_checks")),
    )
    op.create_index("ix_data_checks_suite_checked_at", "data_checks", ["suite", "checked_at"])


def downgrade() -> None:
    """Nobody knows any more what did not hold."""
    op.drop_table("data_checks")
