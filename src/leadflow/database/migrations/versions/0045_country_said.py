"""Whether somebody said the country of a lead, or it was read out of its location"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Of leads from before nobody knows; a country that their location does not name was said."""
    op.add_column(
        "leads",
        sa.Column("country_said", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Undo ``upgrade``."""
    op.drop_column("leads", "country_said")
