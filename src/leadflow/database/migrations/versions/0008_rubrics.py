"""Every rubric that was ever in use, so that its scores can be given again"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """The rubrics, in the order they came into use."""
    op.create_table(
        "rubrics",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rubrics")),
    )


def downgrade() -> None:
    """Rubrics are not remembered."""
    op.drop_table("rubrics")
