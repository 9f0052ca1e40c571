"""Which model served when, with the fingerprint of its files as they were approved"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# A row says what happened: only its end is added later, once.
KEEP = """
CREATE FUNCTION serving_models_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.until IS NOT NULL OR (NEW.until IS NULL)
        OR ROW(OLD.id, OLD.model_name, OLD.version, OLD.sha256, OLD.regime, OLD.approval_id,
               OLD.since, OLD.how)
        IS DISTINCT FROM ROW(NEW.id, NEW.model_name, NEW.version, NEW.sha256, NEW.regime,
               NEW.approval_id, NEW.since, NEW.how)
    THEN
        RAISE EXCEPTION 'serving_models is append-only: % refused', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$
"""
# Models promoted before there was this record: their approvals say what was approved and when.
EARLIER = """
INSERT INTO serving_models
    (id, model_name, version, sha256, regime, approval_id, since, until, how)
SELECT 'served_' || a.id, regexp_replace(a.subject_id, '/[^/]*$', ''), a.payload->>'version',
       a.payload->>'sha256', 'model', a.id, a.decided_at,
       lead(a.decided_at) OVER (
           PARTITION BY regexp_replace(a.subject_id, '/[^/]*$', '') ORDER BY a.decided_at
       ),
       'approved'
FROM approvals a
WHERE a.act = 'promote_model' AND a.status = 'approved' AND length(a.payload->>'sha256') = 64
"""


def upgrade() -> None:
    op.create_table(
        "serving_models",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column(
            "approval_id",
            sa.Text(),
            nullable=False,
            comment="The decision that let this version serve.",
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.CheckConstraint("regime IN ('blend', 'model')", name=op.f("ck_serving_models_regime")),
        sa.CheckConstraint(
            "how IN ('approved', 'rolled_back')", name=op.f("ck_serving_models_how")
        ),
        sa.CheckConstraint("until >= since", name=op.f("ck_serving_models_until")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_serving_models_sha256")),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=op.f("fk_serving_models_approval_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serving_models")),
    )
    op.create_index(
        "uq_serving_models_now",
        "serving_models",
        ["model_name"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "uq_serving_models_approval_id",
        "serving_models",
        ["approval_id"],
        unique=True,
        postgresql_where=sa.text("how = 'approved'"),
    )
    op.create_index("ix_serving_models_since", "serving_models", ["model_name", "since"])
    op.execute(EARLIER)
    op.execute(KEEP)
    op.execute(
        "CREATE TRIGGER serving_models_keep BEFORE UPDATE OR DELETE ON serving_models "
        "FOR EACH ROW EXECUTE FUNCTION serving_models_keep()"
    )


def downgrade() -> None:
    op.drop_table("serving_models")
    op.execute("DROP FUNCTION serving_models_keep")
