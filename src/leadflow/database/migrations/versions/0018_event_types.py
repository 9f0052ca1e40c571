"""Types of events are data, and events carry a payload"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
MOMENT = sa.DateTime(timezone=True)
TABLE = "event_types"
# As they were counted until now; later ones are put in by the rooms that declare them.
BUILT_IN = """
INSERT INTO event_types (name, label, counts_as, dimension, done_by, is_touch, declared_by) VALUES
    ('website_visit', 'Website visit', 'website_visit', 'behavioural', 'lead', false, 'leads'),
    ('content_download', 'Download', 'content_download', 'behavioural', 'lead', false, 'leads'),
    ('pricing_view', 'Pricing page view', 'pricing_view', 'behavioural', 'lead', false, 'leads'),
    ('form_sent', 'Form sent', 'form_sent', 'behavioural', 'lead', false, 'leads'),
    ('email_open', 'E-mail opened', 'email_open', 'engagement', 'lead', false, 'leads'),
    ('email_click', 'Link clicked', 'email_click', 'engagement', 'lead', false, 'leads'),
    ('email_reply', 'Reply', 'email_reply', 'engagement', 'lead', false, 'leads'),
    ('meeting', 'Meeting', 'meeting', 'engagement', 'lead', false, 'leads'),
    ('unsubscribe', 'Unsubscribed', 'unsubscribe', 'engagement', 'lead', false, 'leads'),
    ('rep_call', 'Call by us', 'rep_call', 'engagement', 'rep', true, 'leads'),
    ('rep_email', 'E-mail by us', 'rep_email', 'engagement', 'rep', true, 'leads'),
    ('rep_meeting', 'Meeting by us', 'rep_meeting', 'engagement', 'rep', true, 'leads')
"""


def upgrade() -> None:
    """The table with the types there were, and the payload."""
    op.create_table(
        TABLE,
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("counts_as", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("done_by", sa.Text(), server_default="lead", nullable=False),
        sa.Column("is_touch", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_features", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("payload_schema", postgresql.JSONB(), nullable=True),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.Column("changed_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("revision", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("name ~ '^[a-z][a-z0-9_]{0,62}$'", name=op.f("ck_event_types_name")),
        sa.CheckConstraint(
            "dimension IN ('demographic', 'behavioural', 'engagement', 'fit')",
            name=op.f("ck_event_types_dimension"),
        ),
        sa.CheckConstraint("done_by IN ('lead', 'rep')", name=op.f("ck_event_types_done_by")),
        sa.CheckConstraint(
            "NOT is_touch OR done_by = 'rep'", name=op.f("ck_event_types_touch_of_rep")
        ),
        sa.CheckConstraint(
            "NOT has_features OR (done_by = 'lead' AND counts_as = name)",
            name=op.f("ck_event_types_own_features"),
        ),
        sa.CheckConstraint(
            "octet_length(payload_schema::text) <= 32768", name=op.f("ck_event_types_schema_size")
        ),
        sa.ForeignKeyConstraint(
            ["counts_as"], ["event_types.name"], name=op.f("fk_event_types_counts_as")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_event_types")),
    )
    op.execute(BUILT_IN)
    op.add_column("lead_events", sa.Column("payload", postgresql.JSONB(), nullable=True))
    op.create_check_constraint(
        op.f("ck_lead_events_payload_size"),
        "lead_events",
        "octet_length(payload::text) <= 8192",
    )


def downgrade() -> None:
    """Payloads and the types of a company are lost; its events stay."""
    op.drop_constraint(op.f("ck_lead_events_payload_size"), "lead_events")
    op.drop_column("lead_events", "payload")
    op.drop_table(TABLE)
