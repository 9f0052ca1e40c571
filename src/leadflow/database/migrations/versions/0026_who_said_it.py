"""Who said each value of a lead and when, what imports changed, and what was taken out"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"

PROFILE = (
    "email_kind",
    "has_phone",
    "company_name",
    "company_size",
    "industry",
    "job_title",
    "seniority",
    "location",
    "country",
    "region",
    "budget_minor",
    "budget_currency",
    "timeline",
    "timeline_months",
    "service_requirements",
    "website_visits",
    "email_opens",
    "content_downloads",
    "counted_at",
    "attributes",
)
SECRET = ("phone", "first_name", "last_name")
MOMENT = sa.DateTime(timezone=True)
# What is taken out, or put back, is so for all times: no version of the lead's past is made of it.
IN_ALL_TIMES = """
    IF current_setting('leadflow.in_all_times', true) = 'on' THEN
        NEW.known_from := OLD.known_from;
        RETURN NEW;
    END IF;"""
# Before there was this column, everything counts as said when anything last was.
AS_LAST_CHANGED = """
UPDATE leads SET said = jsonb_build_object(
    '*', to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '|||')
"""


def _keep_history(columns: tuple[str, ...], first: str) -> str:
    old, new = (", ".join(f"{row}.{name}" for name in PROFILE) for row in ("OLD", "NEW"))
    return f"""
CREATE OR REPLACE FUNCTION leads_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN{first}
    IF ROW({old}) IS NOT DISTINCT FROM ROW({new}) THEN
        NEW.known_from := OLD.known_from;
        RETURN NEW;
    END IF;
    IF NEW.known_from <= OLD.known_from THEN
        NEW.known_from := greatest(clock_timestamp(), OLD.known_from + interval '1 microsecond');
    END IF;
    INSERT INTO lead_history (lead_id, known_from, known_until, {", ".join(columns)})
    VALUES (OLD.id, OLD.known_from, NEW.known_from, {", ".join(f"OLD.{c}" for c in columns)});
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Add the columns and tables; what is known counts as said when its lead last changed."""
    for table in ("leads", "lead_history"):
        said = sa.Column("said", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False)
        op.add_column(table, said)
    op.execute(_keep_history((*PROFILE, "said"), IN_ALL_TIMES))
    op.execute(AS_LAST_CHANGED)
    op.add_column("attribute_definitions", sa.Column("dropped_at", MOMENT))
    dropped_by = sa.Column("dropped_by", sa.Text(), comment="mapping, person")
    op.add_column("attribute_definitions", dropped_by)
    op.drop_constraint(op.f("ck_inbox_status"), "inbox", type_="check")
    op.create_check_constraint(
        op.f("ck_inbox_status"), "inbox", "status IN ('accepted', 'done', 'failed', 'undone')"
    )
    _import_changes()
    _taken_out()


def _import_changes() -> None:
    op.create_table(
        "import_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("inbox_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("email", sa.LargeBinary()),
        *(sa.Column(name, sa.LargeBinary()) for name in SECRET),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_import_changes_inbox_id", "import_changes", ["inbox_id", "lead_id"])
    op.create_index("ix_import_changes_lead_id", "import_changes", ["lead_id"])


def _taken_out() -> None:
    op.create_table(
        "taken_out_values",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("inbox_id", sa.Text()),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("known_from", MOMENT),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("taken_out_at", MOMENT, nullable=False),
        *(sa.Column(name, sa.LargeBinary()) for name in SECRET),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_taken_out_values_name", "taken_out_values", ["name"])
    op.create_index("ix_taken_out_values_lead_id", "taken_out_values", ["lead_id"])
    op.create_index("ix_taken_out_values_inbox_id", "taken_out_values", ["inbox_id"])


def downgrade() -> None:
    """Forget who said what; what was taken out stays out."""
    op.drop_table("taken_out_values")
    op.drop_table("import_changes")
    op.execute("UPDATE inbox SET status = 'failed' WHERE status = 'undone'")
    op.drop_constraint(op.f("ck_inbox_status"), "inbox", type_="check")
    op.create_check_constraint(
        op.f("ck_inbox_status"), "inbox", "status IN ('accepted', 'done', 'failed')"
    )
    op.drop_column("attribute_definitions", "dropped_by")
    op.drop_column("attribute_definitions", "dropped_at")
    op.execute(_keep_history(PROFILE, ""))
    for table in ("lead_history", "leads"):
        op.drop_column(table, "said")
