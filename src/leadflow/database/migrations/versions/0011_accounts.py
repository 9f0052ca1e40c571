"""People who sign in, what keys may do and until when, and who stands in for whom"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0011"
down_revision = "0010"

# A key that was there may do what keys could do until now.
BEFORE = (
    "analytics.read,lead.create,lead.edit,lead.fact,lead.read,lead.reassign,lead.work,rules.read,"
    "rules.write,score.override,team.read,team.write"
)


def upgrade() -> None:
    """Create the tables; give known keys what they could do."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "people",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("email", sa.LargeBinary),
        sa.Column("email_index", sa.Text),
        sa.Column("roles", ARRAY(sa.Text), nullable=False),
        sa.Column("rep_id", sa.Text, comment="Who they are in the sales team."),
        sa.Column("password_hash", sa.Text, comment="Empty: cannot sign in yet."),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.text("true")),
        sa.Column("created_at", moment, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("username", name="uq_people_username"),
        sa.UniqueConstraint("email_index", name="uq_people_email_index"),
        sa.UniqueConstraint("rep_id", name="uq_people_rep_id"),
        sa.ForeignKeyConstraint(
            ["rep_id"], ["reps.id"], name="fk_people_rep_id", ondelete="SET NULL"
        ),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("ended_at", moment),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_sessions_person_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_table(
        "sign_in_failures",
        sa.Column("login_index", sa.Text, nullable=False, comment="A keyed hash."),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.Column("locked_until", moment),
        sa.PrimaryKeyConstraint("login_index", name="pk_sign_in_failures"),
    )
    op.create_table(
        "delegations",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("delegate_id", sa.Text, nullable=False),
        sa.Column("starts_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("ended_at", moment, comment="Taken back before its end."),
        sa.PrimaryKeyConstraint("id", name="pk_delegations"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_delegations_person_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"], ["people.id"], name="fk_delegations_delegate_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("person_id <> delegate_id", name="ck_delegations_somebody_else"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_delegations_ends"),
    )
    op.create_index("ix_delegations_delegate_id", "delegations", ["delegate_id"])
    _keys(moment)


def _keys(moment: sa.DateTime) -> None:
    for column in (
        sa.Column(
            "prefix",
            sa.Text,
            nullable=False,
            server_default="lf_",
            comment="Its beginning, to tell keys apart.",
        ),
        sa.Column(
            "scopes", ARRAY(sa.Text), nullable=False, server_default=sa.text(f"'{{{BEFORE}}}'")
        ),
        sa.Column("acts_for", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("created_by", sa.Text, nullable=False, server_default="operator"),
        sa.Column("expires_at", moment),
    ):
        op.add_column("api_keys", column)
    for name in ("prefix", "scopes", "created_by"):
        op.alter_column("api_keys", name, server_default=None)


def downgrade() -> None:
    """Take them away again."""
    for name in ("prefix", "scopes", "acts_for", "created_by", "expires_at"):
        op.drop_column("api_keys", name)
    for table in ("delegations", "sign_in_failures", "sessions", "people"):
        op.drop_table(table)
