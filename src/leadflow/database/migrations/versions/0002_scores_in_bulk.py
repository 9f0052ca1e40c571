"""Scores as narrow rows, scoring in partitions, events counted along their index

Scores that were given before are dropped: the next scoring gives them anew.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)
NUMBERS = (
    "total_score",
    "points",
    "probability",
    "probability_low",
    "probability_high",
    "demographic",
    "behavioural",
    "engagement",
    "fit",
    "ai",
)
TEXTS = ("confidence", "level", "regime", "model_version")
COMMENTS = {"points": "50 + the contributions, not clipped."}
FORGET = """
CREATE FUNCTION leads_forget_scores() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM lead_scores USING gone WHERE lead_scores.lead_id = gone.id;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.drop_table("lead_scores")
    op.create_table(
        "scorecards",
        sa.Column(
            "id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="A hash of all the rest.",
        ),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("features", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("first_used_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecards")),
    )
    _lead_scores()
    op.execute(FORGET)
    op.execute(
        "CREATE TRIGGER leads_forget_scores AFTER DELETE ON leads REFERENCING OLD TABLE AS gone "
        "FOR EACH STATEMENT EXECUTE FUNCTION leads_forget_scores()"
    )
    _runs()
    op.drop_index("ix_lead_events_lead_id_occurred_at", "lead_events")
    op.create_index(
        "ix_lead_events_lead_id_occurred_at",
        "lead_events",
        ["lead_id", "occurred_at"],
        postgresql_include=["type", "known_at"],
    )


def _lead_scores() -> None:
    op.create_table(
        "lead_scores",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("scorecard_id", sa.BigInteger(), nullable=False),
        *(sa.Column(n, sa.Double(), nullable=False, comment=COMMENTS.get(n)) for n in NUMBERS),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column(
            "contributions",
            postgresql.ARRAY(sa.Double()),
            nullable=False,
            comment="In the order of the scorecard's features.",
        ),
        sa.Column(
            "reason_places",
            postgresql.ARRAY(sa.SmallInteger()),
            nullable=False,
            comment="Places in contributions, from 0: strongest for, then against.",
        ),
        sa.Column("reason_texts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("scored_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "level IN ('hot', 'warm', 'cold', 'unqualified')", name=op.f("ck_lead_scores_level")
        ),
        sa.CheckConstraint(
            "regime IN ('rubric', 'blend', 'model')", name=op.f("ck_lead_scores_regime")
        ),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_lead_scores_probability")),
        sa.CheckConstraint(
            "total_score BETWEEN 0 AND 100", name=op.f("ck_lead_scores_total_score")
        ),
        sa.PrimaryKeyConstraint("lead_id", "as_of", name=op.f("pk_lead_scores")),
    )
    current = sa.text("is_current")
    op.create_index(
        "ix_lead_scores_ranking", "lead_scores", ["total_score"], postgresql_where=current
    )
    op.create_index(
        "uq_lead_scores_current", "lead_scores", ["lead_id"], unique=True, postgresql_where=current
    )


def _runs() -> None:
    op.create_table(
        "scoring_runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("scorecard_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "everything",
            sa.Boolean(),
            nullable=False,
            comment="Leads without news are scored too.",
        ),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoring_runs")),
    )
    op.create_table(
        "scoring_partitions",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("after_id", sa.Text(), nullable=False),
        sa.Column("to_id", sa.Text(), nullable=True, comment="Empty: to the end."),
        sa.Column("leads", sa.Integer(), nullable=True, comment="Empty: not done yet."),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["scoring_runs.id"],
            name=op.f("fk_scoring_partitions_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_scoring_partitions")),
    )
