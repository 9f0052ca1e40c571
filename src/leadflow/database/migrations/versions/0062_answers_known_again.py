"""Opt-outs in answers know which answer they were said in, so that one is known again; and what is
counted of campaigns keeps counting leads that are deleted, as all other figures do."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"

# What is taken away with its lead was so, or is not to come any more.
ENROLMENTS_GONE = """SELECT campaign, version, ended_as, sum(n) FROM (
            SELECT campaign, version, 'deleted' AS ended_as, 1 AS n FROM gone WHERE ended_as IS NULL
            UNION ALL SELECT campaign, version, NULL, -1 FROM gone WHERE ended_as IS NULL
        ) AS both_ GROUP BY 1, 2, 3;"""
MESSAGES_GONE = """SELECT campaign, version, step, status, NULL, sum(n) FROM (
            SELECT campaign, version, step, 'cancelled' AS status, 1 AS n FROM gone
            WHERE status IN ('planned', 'claimed', 'uncertain')
            UNION ALL SELECT campaign, version, step, status, -1 FROM gone
            WHERE status IN ('planned', 'claimed', 'uncertain')
        ) AS both_ GROUP BY 1, 2, 3, 4;"""
WERE_GONE = {
    "enrolments": "SELECT campaign, version, ended_as, -count(*) FROM gone GROUP BY 1, 2, 3;",
    "messages": """SELECT campaign, version, step, status, counted_why(status, why), -count(*)
        FROM gone GROUP BY 1, 2, 3, 4, 5;""",
}
FUNCTIONS = {
    "enrolments": """
CREATE OR REPLACE FUNCTION count_enrolments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO enrolment_counts (campaign, version, ended_as, enrolments)
        SELECT campaign, version, ended_as, count(*) FROM fresh GROUP BY 1, 2, 3;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO enrolment_counts (campaign, version, ended_as, enrolments)
        {gone}
    ELSE
        INSERT INTO enrolment_counts (campaign, version, ended_as, enrolments)
        SELECT campaign, version, ended_as, sum(n) FROM (
            SELECT campaign, version, ended_as, 1 AS n FROM fresh
            UNION ALL SELECT campaign, version, ended_as, -1 FROM gone
        ) AS both_ GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
    END IF;
    RETURN NULL;
END $$
""",
    "messages": """
CREATE OR REPLACE FUNCTION count_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO message_counts (campaign, version, step, status, why, messages)
        SELECT campaign, version, step, status, counted_why(status, why), count(*)
        FROM fresh GROUP BY 1, 2, 3, 4, 5;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO message_counts (campaign, version, step, status, why, messages)
        {gone}
    ELSE
        INSERT INTO message_counts (campaign, version, step, status, why, messages)
        SELECT campaign, version, step, status, counted_why(status, why), sum(n) FROM (
            SELECT campaign, version, step, status, why, 1 AS n FROM fresh
            UNION ALL SELECT campaign, version, step, status, why, -1 FROM gone
        ) AS both_ GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0;
    END IF;
    RETURN NULL;
END $$
""",
}


def upgrade() -> None:
    """Those of before are known again by their moment; leads that are gone already stay so."""
    known = "Of an opt-out in an answer, a hash by which that is known again."
    op.add_column("message_events", sa.Column("answer", sa.Text(), comment=known))
    op.execute(FUNCTIONS["enrolments"].replace("{gone}", ENROLMENTS_GONE))
    op.execute(FUNCTIONS["messages"].replace("{gone}", MESSAGES_GONE))


def downgrade() -> None:
    """Which answers they were is forgotten; what was counted stays."""
    for name, function in FUNCTIONS.items():
        op.execute(function.replace("{gone}", WERE_GONE[name]))
    op.drop_column("message_events", "answer")
