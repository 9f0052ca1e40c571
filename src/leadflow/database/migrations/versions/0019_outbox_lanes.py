"""Lanes and fencing tokens of the outbox; what the loops of background processes did last"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
STATES = "status IN ('waiting', 'claimed', 'done', 'nothing_done', 'uncertain', 'failed')"


def upgrade() -> None:
    """What waited goes to the lane of its act; what was claimed waits again, because every act
    there was could be repeated."""
    op.drop_index("ix_outbox_open", table_name="outbox")
    op.drop_constraint(op.f("ck_outbox_status"), "outbox")
    op.add_column("outbox", sa.Column("lane", sa.Text(), nullable=True))
    op.execute(
        "UPDATE outbox SET lease_until = NULL, "
        "status = CASE status WHEN 'claimed' THEN 'waiting' ELSE status END, lane = CASE "
        "WHEN act IN ('start_flow_run', 'settle_gate') THEN 'flow_starts' "
        "WHEN act IN ('notify', 'notify_person') THEN 'notices' ELSE 'decisions' END"
    )
    # What they were to tell was written to a log and to nobody.
    op.execute(
        "UPDATE outbox SET status = 'failed', error = 'No longer an act.' "
        "WHERE act = 'notify' AND status = 'waiting'"
    )
    op.alter_column("outbox", "lane", nullable=False)
    for column in (
        sa.Column("claimed_by", sa.Text(), comment="Process that held it last."),
        sa.Column(
            "fencing_token",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="Counts claims; only the newest may record an end.",
        ),
        sa.Column(
            "begun_at",
            sa.DateTime(timezone=True),
            comment="Set just before the act is performed: from here it may have happened.",
        ),
        sa.Column("why", sa.Text(), comment="Why nothing was done, or it was settled."),
        sa.Column("settled_by", sa.Text(), comment="Who settled it: a person's id, or reconciler."),
    ):
        op.add_column("outbox", column)
    op.alter_column("outbox", "status", server_default="waiting")
    op.alter_column("outbox", "attempts", server_default="0")
    op.alter_column(
        "outbox",
        "available_at",
        comment="Not before this; of an uncertain act, when its reconciler is asked next.",
    )
    op.create_check_constraint(op.f("ck_outbox_status"), "outbox", STATES)
    op.create_check_constraint(
        op.f("ck_outbox_lease"), "outbox", "(status = 'claimed') = (lease_until IS NOT NULL)"
    )
    op.create_check_constraint(
        op.f("ck_outbox_why"), "outbox", "status <> 'nothing_done' OR why IS NOT NULL"
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["lane", "available_at"],
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "ix_outbox_claims",
        "outbox",
        ["lease_until"],
        postgresql_where=sa.text("status = 'claimed'"),
    )
    op.create_index(
        "ix_outbox_to_see",
        "outbox",
        ["status", "ended_at"],
        postgresql_where=sa.text("status IN ('nothing_done', 'uncertain', 'failed')"),
    )
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "background_loops",
        sa.Column("process", sa.Text(), nullable=False, comment="Host and process id."),
        sa.Column("loop", sa.Text(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("looked_at", moment, nullable=False),
        sa.Column("worked_at", moment, nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), comment="The last one, with its traceback."),
        sa.Column("failed_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("process", "loop", name=op.f("pk_background_loops")),
    )


def downgrade() -> None:
    """What was uncertain has failed, what did nothing is done."""
    op.drop_table("background_loops")
    for index in ("ix_outbox_to_see", "ix_outbox_claims", "ix_outbox_due"):
        op.drop_index(index, table_name="outbox")
    for constraint in ("ck_outbox_why", "ck_outbox_lease", "ck_outbox_status"):
        op.drop_constraint(op.f(constraint), "outbox")
    op.execute(
        "UPDATE outbox SET status = CASE status WHEN 'uncertain' THEN 'failed' ELSE 'done' END "
        "WHERE status IN ('uncertain', 'nothing_done')"
    )
    op.alter_column("outbox", "available_at", comment=None)
    op.alter_column("outbox", "attempts", server_default=None)
    op.alter_column("outbox", "status", server_default=None)
    for column in ("settled_by", "why", "begun_at", "fencing_token", "claimed_by", "lane"):
        op.drop_column("outbox", column)
    op.create_check_constraint(
        op.f("ck_outbox_status"), "outbox", "status IN ('waiting', 'claimed', 'done', 'failed')"
    )
    op.create_index(
        "ix_outbox_open",
        "outbox",
        ["available_at"],
        postgresql_where=sa.text("status IN ('waiting', 'claimed')"),
    )
