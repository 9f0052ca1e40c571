"""Messages know where they were handed over for, by the keyed hash of the address; and circuits of
channels count what was refused or came back by policy."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    """Where messages went before, nobody has written down."""
    of_address = "The keyed hash of the address that it was handed over for."
    op.add_column("campaign_messages", sa.Column("address_index", sa.Text(), comment=of_address))
    for name, columns in (
        ("ix_campaign_messages_sent", ["channel", "sent_at"]),
        ("ix_campaign_messages_address_index", ["address_index", "sent_at"]),
    ):
        op.create_index(
            name,
            "campaign_messages",
            columns,
            postgresql_where=sa.text("sent_at IS NOT NULL"),
        )
    op.add_column(
        "channel_circuits",
        sa.Column(
            "blocked",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Mails refused or come back by policy, of late.",
        ),
    )
    op.add_column("channel_circuits", sa.Column("blocked_since", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("ck_channel_circuits_blocked"),
        "channel_circuits",
        "(blocked = 0) = (blocked_since IS NULL)",
    )


def downgrade() -> None:
    """Where messages went is forgotten."""
    op.drop_constraint(op.f("ck_channel_circuits_blocked"), "channel_circuits")
    op.drop_column("channel_circuits", "blocked_since")
    op.drop_column("channel_circuits", "blocked")
    op.drop_index("ix_campaign_messages_address_index")
    op.drop_index("ix_campaign_messages_sent")
    op.drop_column("campaign_messages", "address_index")
