"""Attributes may be dates and free text, and their kind a guess until a mapping says it"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TABLE = "attribute_definitions"


def upgrade() -> None:
    """Two more kinds, what is learned of free text, and whether the kind is a guess."""
    op.add_column(TABLE, sa.Column("use", sa.Text()))
    op.add_column(
        TABLE, sa.Column("guessed", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.drop_constraint(op.f("ck_attribute_definitions_kind"), TABLE)
    op.create_check_constraint(
        op.f("ck_attribute_definitions_kind"),
        TABLE,
        "kind IN ('numeric', 'categorical', 'boolean', 'date', 'text')",
    )
    op.create_check_constraint(
        op.f("ck_attribute_definitions_use"),
        TABLE,
        "use IS NULL OR (use = 'words' AND kind = 'text')",
    )


def downgrade() -> None:
    """Dates and free text become categories, as they would have been."""
    op.drop_constraint(op.f("ck_attribute_definitions_use"), TABLE)
    op.drop_constraint(op.f("ck_attribute_definitions_kind"), TABLE)
    op.execute(f"UPDATE {TABLE} SET kind = 'categorical' WHERE kind IN ('date', 'text')")
    op.create_check_constraint(
        op.f("ck_attribute_definitions_kind"),
        TABLE,
        "kind IN ('numeric', 'categorical', 'boolean')",
    )
    op.drop_column(TABLE, "guessed")
    op.drop_column(TABLE, "use")
