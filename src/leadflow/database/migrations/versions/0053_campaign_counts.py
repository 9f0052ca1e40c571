"""How many are in a campaign, and what became of its messages: kept as it happens, never counted.

Each statement that changes enrolments or messages appends what it has changed, so that none waits
for another; a count is the sum of its lines.
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"

ENROLMENTS = """
CREATE FUNCTION count_enrolments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO enrolment_counts (campaign, version, ended_as, enrolments)
        SELECT campaign, version, ended_as, count(*) FROM fresh GROUP BY 1, 2, 3;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO enrolment_counts (campaign, version, ended_as, enrolments)
        SELECT campaign, version, ended_as, -count(*) FROM gone GROUP BY 1, 2, 3;
    ELSE
        INSERT INTO enrolment_counts (campaign, version, ended_as, enrolments)
        SELECT campaign, version, ended_as, sum(n) FROM (
            SELECT campaign, version, ended_as, 1 AS n FROM fresh
            UNION ALL SELECT campaign, version, ended_as, -1 FROM gone
        ) AS both_ GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
    END IF;
    RETURN NULL;
END $$;
"""
MESSAGES = """
CREATE FUNCTION counted_why(status text, why text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE status WHEN 'withheld' THEN why WHEN 'failed' THEN split_part(why, ':', 1) END;
CREATE FUNCTION count_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO message_counts (campaign, version, step, status, why, messages)
        SELECT campaign, version, step, status, counted_why(status, why), count(*)
        FROM fresh GROUP BY 1, 2, 3, 4, 5;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO message_counts (campaign, version, step, status, why, messages)
        SELECT campaign, version, step, status, counted_why(status, why), -count(*)
        FROM gone GROUP BY 1, 2, 3, 4, 5;
    ELSE
        INSERT INTO message_counts (campaign, version, step, status, why, messages)
        SELECT campaign, version, step, status, counted_why(status, why), sum(n) FROM (
            SELECT campaign, version, step, status, why, 1 AS n FROM fresh
            UNION ALL SELECT campaign, version, step, status, why, -1 FROM gone
        ) AS both_ GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0;
    END IF;
    RETURN NULL;
END $$;
"""
SO_FAR = """
INSERT INTO enrolment_counts (campaign, version, ended_as, enrolments)
SELECT campaign, version, ended_as, count(*) FROM enrolments GROUP BY 1, 2, 3;
INSERT INTO message_counts (campaign, version, step, status, why, messages)
SELECT campaign, version, step, status, counted_why(status, why), count(*)
FROM campaign_messages GROUP BY 1, 2, 3, 4, 5;
"""
SEES = {
    "INSERT": "NEW TABLE AS fresh",
    "UPDATE": "NEW TABLE AS fresh OLD TABLE AS gone",
    "DELETE": "OLD TABLE AS gone",
}
COUNTED = {
    "enrolments": ("count_enrolments", ("INSERT", "UPDATE", "DELETE")),
    "campaign_messages": ("count_messages", ("INSERT", "UPDATE", "DELETE")),
}


def upgrade() -> None:
    """What there is is counted once, while nobody changes it."""
    _table("enrolment_counts", "ended_as", "enrolments")
    _table("message_counts", "why", "messages", "step", "status")
    op.execute("LOCK TABLE enrolments, campaign_messages IN SHARE ROW EXCLUSIVE MODE")
    op.execute(ENROLMENTS + MESSAGES)
    for table, (function, changes) in COUNTED.items():
        for change in changes:
            op.execute(
                f"CREATE TRIGGER {function}_{change.lower()} AFTER {change} ON {table} "
                f"REFERENCING {SEES[change]} FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            )
    op.execute(SO_FAR)


def _table(name: str, of: str, count: str, *more: str) -> None:
    comment = {"ended_as": "Empty: they are in it.", "why": "Why they are withheld or failed."}
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(one, sa.Text(), nullable=False) for one in more),
        sa.Column(of, sa.Text(), comment=comment[of]),
        sa.Column(count, sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(f"ix_{name}_campaign", name, ["campaign"])


def downgrade() -> None:
    """Counts go; what was counted stays."""
    for table, (function, changes) in COUNTED.items():
        for change in changes:
            op.execute(f"DROP TRIGGER {function}_{change.lower()} ON {table}")
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP FUNCTION counted_why(text, text)")
    op.drop_table("message_counts")
    op.drop_table("enrolment_counts")
