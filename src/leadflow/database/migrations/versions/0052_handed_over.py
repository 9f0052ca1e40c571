"""Messages know of which campaign and version they are, to which channel they were handed and when,
so that a channel that honours keys can be asked for the same mail again; and what has come of
attempts before. Channels have circuits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0052"
down_revision = "0051"

COLUMNS = ("channel", "handed_at", "mail_hash", "ask_at", "put_off", "story")


def upgrade() -> None:
    """Of what is claimed as this runs, nobody knows whether it was handed over."""
    moment = sa.DateTime(timezone=True)
    _of_campaigns()
    for column in (
        sa.Column("channel", sa.Text(), comment="Whom it was handed to last."),
        sa.Column(
            "handed_at",
            moment,
            comment="When it was handed over first; NULL again once it was surely not taken.",
        ),
        sa.Column(
            "mail_hash",
            sa.Text(),
            comment="Of the mail that was handed over, where the channel honours its key.",
        ),
        sa.Column("ask_at", moment),
        sa.Column("put_off", sa.Text(), comment="Which bound has put it off last, if any."),
        sa.Column(
            "story",
            JSONB(),
            comment="Attempts that came to nothing, the last twenty; names and moments alone.",
        ),
    ):
        op.add_column("campaign_messages", column)
    op.execute("UPDATE campaign_messages SET handed_at = now() WHERE status = 'claimed'")
    op.create_check_constraint(
        op.f("ck_campaign_messages_ask_at"),
        "campaign_messages",
        "ask_at IS NULL OR status = 'uncertain'",
    )
    op.create_index(
        "ix_campaign_messages_ask",
        "campaign_messages",
        ["ask_at"],
        postgresql_where=sa.text("ask_at IS NOT NULL"),
    )
    _circuits(moment)


def _of_campaigns() -> None:
    planned = "In which it was planned; its lead may be in another by now."
    for column in (
        sa.Column("campaign", sa.Text()),
        sa.Column("version", sa.Integer(), comment=planned),
    ):
        op.add_column("campaign_messages", column)
    op.execute(
        "UPDATE campaign_messages m SET campaign = e.campaign, version = e.version "
        "FROM enrolments e WHERE e.id = m.enrolment_id"
    )
    for name in ("campaign", "version"):
        op.alter_column("campaign_messages", name, nullable=False)
    op.create_foreign_key(
        op.f("fk_campaign_messages_campaign_campaign_versions"),
        "campaign_messages",
        "campaign_versions",
        ["campaign", "version"],
        ["campaign", "version"],
    )
    op.create_index("ix_campaign_messages_campaign", "campaign_messages", ["campaign", "id"])


def _circuits(moment: sa.DateTime) -> None:
    op.create_table(
        "channel_circuits",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="closed", nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("openings", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "until",
            moment,
            comment="Until when nothing is claimed; also until when a try has to be over.",
        ),
        sa.Column("why", sa.Text()),
        sa.CheckConstraint(
            "state IN ('closed', 'open', 'paused')", name=op.f("ck_channel_circuits_state")
        ),
        sa.CheckConstraint(
            "(state = 'open') = (until IS NOT NULL)", name=op.f("ck_channel_circuits_until")
        ),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_circuits")),
    )


def downgrade() -> None:
    """What is known of hand-overs goes."""
    op.drop_table("channel_circuits")
    op.drop_index("ix_campaign_messages_ask", "campaign_messages")
    op.drop_constraint(op.f("ck_campaign_messages_ask_at"), "campaign_messages")
    for column in (*COLUMNS, "version", "campaign"):
        op.drop_column("campaign_messages", column)
