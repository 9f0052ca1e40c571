"""Messages of campaigns by months, and what is kept of enrolments that are forgotten.

A message's month is that of its id, which begins with the moment at which it was planned: so the id
alone says where it is, stays unique by itself, and whoever looks for one looks in one month. That
an enrolment has a step once is then a promise over all months, which no index of a month can keep:
``campaign_message_keys`` keeps it, a row for each step that an open enrolment has had. A trigger
writes it with the message, and takes no message for an enrolment that is over; so the rows of one
that ends are not needed any more and go, and the table is as small as what is open.
"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"

ALL = "campaign_messages"
CHANGES = {
    "INSERT": "NEW TABLE AS fresh",
    "UPDATE": "NEW TABLE AS fresh OLD TABLE AS gone",
    "DELETE": "OLD TABLE AS gone",
}
INDEXES: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("campaign", ("campaign", "id"), None),
    ("lead_id", ("lead_id",), None),
    ("planned", ("due_at",), "status = 'planned'"),
    ("claimed", ("claimed_until",), "status = 'claimed'"),
    ("provider_id", ("provider_id",), "provider_id IS NOT NULL"),
    ("uncertain", ("id",), "status = 'uncertain'"),
    ("ask", ("ask_at",), "ask_at IS NOT NULL"),
)
# Each by an index of these alone; a month that is held up is looked at again and again.
OPEN = " + ".join(
    f"(SELECT count(*) FROM %1$I WHERE status = ''{one}'')"
    for one in ("planned", "claimed", "uncertain")
)
# In the order in which others lock them: who plans, enrolments first; who notes, events last.
LOCK = "LOCK TABLE campaign_versions, enrolments, campaign_messages, message_events IN {mode} MODE"
# Whoever works as the application's role owns no table: these two make and drop months, and do
# nothing else. A month that has an open message is left as it is, and told.
MONTHS = f"""
CREATE FUNCTION first_message_id(at timestamp) RETURNS text LANGUAGE sql IMMUTABLE
RETURN 'msg_' || lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0');
CREATE FUNCTION campaign_messages_month(of text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    first timestamp := date_trunc('month', to_timestamp(
        ('x' || substr(of, 5, 12))::bit(48)::bigint / 1000.0) AT TIME ZONE 'UTC');
    name text := 'campaign_messages_' || to_char(first, 'YYYYMM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    {LOCK.format(mode="SHARE ROW EXCLUSIVE")};
    IF to_regclass(name) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF campaign_messages FOR VALUES FROM (%L) TO (%L)', name,
            first_message_id(first), first_message_id(first + interval '1 month')
        );
    END IF;
END $$;
CREATE FUNCTION campaign_messages_forget(before timestamptz)
RETURNS TABLE (month text, still_open bigint) LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    last text := 'campaign_messages_'
        || to_char(date_trunc('month', before AT TIME ZONE 'UTC'), 'YYYYMM');
    first timestamp;
BEGIN
    FOR month IN
        SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'campaign_messages'::regclass AND c.relname < last ORDER BY 1
    LOOP
        EXECUTE format('SELECT {OPEN}', month) INTO still_open;
        IF still_open = 0 THEN
            {LOCK.format(mode="ACCESS EXCLUSIVE")};
            EXECUTE format('SELECT {OPEN}', month) INTO still_open;
        END IF;
        IF still_open = 0 THEN
            first := to_date(right(month, 6), 'YYYYMM')::timestamp;
            DELETE FROM message_events WHERE message_id >= first_message_id(first)
                AND message_id < first_message_id(first + interval '1 month');
            EXECUTE format('ALTER TABLE campaign_messages DETACH PARTITION %I', month);
            EXECUTE format('DROP TABLE %I', month);
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;
"""
KEYS = """
CREATE FUNCTION keys_of_messages() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held bigint;
BEGIN
    SELECT count(*) INTO held FROM (
        SELECT FROM enrolments
        WHERE id = ANY (ARRAY(SELECT enrolment_id FROM fresh)) AND ended_at IS NULL
        ORDER BY id FOR NO KEY UPDATE
    ) AS e;
    IF held < (SELECT count(DISTINCT enrolment_id) FROM fresh) THEN
        RAISE EXCEPTION 'A message is for an enrolment that is over.'
            USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO campaign_message_keys (enrolment_id, step) SELECT enrolment_id, step FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER keys_of_messages AFTER INSERT ON campaign_messages
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION keys_of_messages();
CREATE FUNCTION keys_of_ended_enrolments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh WHERE ended_at IS NOT NULL) THEN
        DELETE FROM campaign_message_keys WHERE enrolment_id = ANY (
            ARRAY(SELECT id FROM fresh WHERE ended_at IS NOT NULL)
        );
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keys_of_ended_enrolments AFTER UPDATE ON enrolments
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION keys_of_ended_enrolments();
"""
SO_FAR = """
INSERT INTO campaign_message_keys (enrolment_id, step)
SELECT m.enrolment_id, m.step FROM campaign_messages m
JOIN enrolments e ON e.id = m.enrolment_id WHERE e.ended_at IS NULL
"""
SENT = """
CREATE TRIGGER figures_of_sent_messages AFTER UPDATE ON campaign_messages
REFERENCING OLD TABLE AS was_so NEW TABLE AS is_so
FOR EACH STATEMENT EXECUTE FUNCTION figures_of_sent_messages()
"""


def upgrade() -> None:
    """All messages move to their months; nobody reads or writes them meanwhile."""
    op.execute(LOCK.format(mode="ACCESS EXCLUSIVE"))
    _kept()
    _aside()
    op.execute(
        f"CREATE TABLE {ALL} (LIKE whole INCLUDING DEFAULTS INCLUDING COMMENTS "
        "INCLUDING CONSTRAINTS) PARTITION BY RANGE (id)"
    )
    op.execute(MONTHS)
    op.execute(
        "SELECT campaign_messages_month(first) FROM ("
        "SELECT DISTINCT left(id, 16) AS first FROM whole "
        "UNION SELECT first_message_id(now() AT TIME ZONE 'UTC') "
        "UNION SELECT first_message_id(now() AT TIME ZONE 'UTC' + interval '1 month')"
        ") AS each ORDER BY first"
    )
    op.execute(f"INSERT INTO {ALL} SELECT * FROM whole")
    op.execute("DROP TABLE whole")
    op.create_primary_key(op.f(f"pk_{ALL}"), ALL, ["id"])
    op.create_index(f"ix_{ALL}_enrolment_id", ALL, ["enrolment_id"])
    _indexes_and_keys()
    op.execute(SO_FAR)
    op.execute(KEYS)


def _kept() -> None:
    op.create_table(
        "campaign_message_keys",
        sa.Column("enrolment_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolments.id"],
            name=op.f("fk_campaign_message_keys_enrolment_id_enrolments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "step", name=op.f("pk_campaign_message_keys")),
    )
    op.create_table(
        "past_enrolments",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["leads.id"],
            name=op.f("fk_past_enrolments_lead_id_leads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("lead_id", "campaign", "key", name=op.f("pk_past_enrolments")),
    )


def _aside() -> None:
    """The table as it is makes room for the one to come: its name, and those of its indexes."""
    op.drop_constraint(op.f("fk_message_events_message_id_campaign_messages"), "message_events")
    for name in ("keys_of_messages", "keys_of_ended_enrolments"):
        table = ALL if name == "keys_of_messages" else "enrolments"
        op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
    op.drop_constraint(op.f(f"pk_{ALL}"), ALL)
    for name, _, _ in INDEXES:
        op.drop_index(f"ix_{ALL}_{name}", ALL)
    op.rename_table(ALL, "whole")


def _indexes_and_keys() -> None:
    for name, columns, where in INDEXES:
        op.create_index(
            f"ix_{ALL}_{name}",
            ALL,
            list(columns),
            postgresql_where=None if where is None else sa.text(where),
        )
    op.create_foreign_key(
        op.f(f"fk_{ALL}_enrolment_id_enrolments"),
        ALL,
        "enrolments",
        ["enrolment_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_foreign_key(
        op.f(f"fk_{ALL}_campaign_campaign_versions"),
        ALL,
        "campaign_versions",
        ["campaign", "version"],
        ["campaign", "version"],
    )
    op.create_foreign_key(
        op.f("fk_message_events_message_id_campaign_messages"),
        "message_events",
        ALL,
        ["message_id"],
        ["id"],
        ondelete="CASCADE",
    )
    for change, sees in CHANGES.items():
        op.execute(
            f"CREATE TRIGGER count_messages_{change.lower()} AFTER {change} ON {ALL} "
            f"REFERENCING {sees} FOR EACH STATEMENT EXECUTE FUNCTION count_messages()"
        )
    op.execute(SENT)


def downgrade() -> None:
    """One table again. What was forgotten stays so.

    Raises:
        RuntimeError: before, nobody knew who was in a campaign whose enrolment is forgotten.
    """
    op.execute(LOCK.format(mode="ACCESS EXCLUSIVE"))
    past = op.get_bind().execute(sa.text("SELECT count(DISTINCT lead_id) FROM past_enrolments"))
    if leads := past.scalar_one():
        raise RuntimeError(
            "Only this version knows who was in a campaign of those whose enrolments are "
            f"forgotten (leads: {leads:,}); going back, they might come in again and get its "
            "mails twice. "
            "Restore a backup of before, or empty past_enrolments if that is meant."
        )
    _aside()
    op.execute(
        f"CREATE TABLE {ALL} (LIKE whole INCLUDING DEFAULTS INCLUDING COMMENTS "
        "INCLUDING CONSTRAINTS)"
    )
    op.execute(f"INSERT INTO {ALL} SELECT * FROM whole")
    op.execute("DROP TABLE whole")
    op.create_primary_key(op.f(f"pk_{ALL}"), ALL, ["id"])
    op.create_unique_constraint(op.f(f"uq_{ALL}_enrolment_id_step"), ALL, ["enrolment_id", "step"])
    _indexes_and_keys()
    for function in (
        "keys_of_messages()",
        "keys_of_ended_enrolments()",
        "campaign_messages_month(text)",
        "campaign_messages_forget(timestamptz)",
        "first_message_id(timestamp)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("past_enrolments")
    op.drop_table("campaign_message_keys")
