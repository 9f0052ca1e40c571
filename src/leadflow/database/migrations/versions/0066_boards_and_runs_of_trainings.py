"""A saved view of leads is a list or a board; a training says which runs it was."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    """Views that there are stay lists; of earlier trainings nobody has kept the runs."""
    op.add_column(
        "saved_views",
        sa.Column("shown_as", sa.Text(), server_default="list", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_saved_views_shown_as"), "saved_views", "shown_as IN ('list', 'stages', 'levels')"
    )
    op.add_column("trainings", sa.Column("mlflow_run", sa.Text(), comment="Of its challenger."))
    op.add_column(
        "trainings", sa.Column("flow_run", sa.Text(), comment="In Prefect, if it was one.")
    )


def downgrade() -> None:
    """Boards are lists again."""
    op.drop_column("trainings", "flow_run")
    op.drop_column("trainings", "mlflow_run")
    op.drop_constraint(op.f("ck_saved_views_shown_as"), "saved_views")
    op.drop_column("saved_views", "shown_as")
