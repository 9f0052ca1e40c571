"""An attribute may say in which direction it counts"""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """A column beside the definition; nobody has said anything yet."""
    op.execute("ALTER TABLE attribute_definitions ADD COLUMN direction text")
    op.execute(
        "ALTER TABLE attribute_definitions ADD CONSTRAINT ck_attribute_definitions_direction "
        "CHECK (direction IS NULL OR (direction IN ('up', 'down') "
        "AND kind IN ('numeric', 'boolean', 'date')))"
    )


def downgrade() -> None:
    """What was said of directions is lost."""
    op.execute("ALTER TABLE attribute_definitions DROP COLUMN direction")
