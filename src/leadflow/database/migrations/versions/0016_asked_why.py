"""The words of who asks for a decision, apart from the question, which is shown elsewhere too"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Questions asked before keep the words in their description."""
    op.add_column(
        "approvals",
        sa.Column(
            "asked_why",
            sa.Text(),
            nullable=True,
            comment="In the words of who asks; not shown in Prefect, which would keep them.",
        ),
    )


def downgrade() -> None:
    """The words are lost."""
    op.drop_column("approvals", "asked_why")
