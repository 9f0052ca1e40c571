"""Wrong passwords are counted by person and by where they come from, not by what was typed"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Count anew; a delay that is under way ends."""
    op.drop_table("sign_in_failures")
    op.create_table(
        "sign_in_failures",
        sa.Column("counted", sa.Text(), primary_key=True, comment="What is counted, as a hash."),
        sa.Column("person_id", sa.Text(), sa.ForeignKey("people.id", ondelete="CASCADE")),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_sign_in_failures_person_id", "sign_in_failures", ["person_id"])
    op.add_column("sessions", sa.Column("source_index", sa.Text()))


def downgrade() -> None:
    """Count by name again."""
    op.drop_column("sessions", "source_index")
    op.drop_table("sign_in_failures")
    op.create_table(
        "sign_in_failures",
        sa.Column("login_index", sa.Text(), primary_key=True, comment="A keyed hash."),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
    )
