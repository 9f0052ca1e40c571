"""How much room an enrolment takes on the disk over its whole life in the welcome series, beside a
design with a row for each step that is passed and one for each look at whoever waits."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from benchmarks.rows import Row

if TYPE_CHECKING:
    from sqlalchemy import Engine

ENROLMENTS, NAME, DAYS = 2_000, "welcome_series_1", 20
MOST_BYTES = 10_000.0
TABLES = (
    "enrolments",
    "campaign_messages",
    "message_events",
    "campaign_message_keys",
    "enrolment_signals",
)
ENROLLED = text("""
INSERT INTO enrolments (id, campaign, version, lead_id, enrolled_by, began_at, entered_at, places)
SELECT replace(id, 'lead_', 'enr_'), :name, 1, id, 'rule:warm_or_hot', :now, :now,
    '{DE BY Europe/Berlin}' FROM leads ORDER BY id LIMIT :most
""")
ACCEPTED = text("""
UPDATE campaign_messages SET status = 'accepted', attempts = 1, channel = 'smtp:smtp.example.com',
    handed_at = :now, sent_at = :now, provider_id = '250 2.0.0 Ok: queued as 4bTz0W5xQ1z9vMd'
WHERE status = 'planned' RETURNING id
""")
SIZE = text("""
SELECT sum(pg_total_relation_size(coalesce(t.relid, n.name::regclass)))
FROM unnest(CAST(:tables AS text[])) AS n (name)
LEFT JOIN LATERAL pg_partition_tree(n.name::regclass) AS t ON true
""")
# What the peer looks at is looked at each hour; each way that was taken is a line of a trail.
PEER = text("""
CREATE TABLE peer_steps (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, enrolment_id text NOT NULL,
    step text NOT NULL, status text NOT NULL, due_at timestamptz, at timestamptz NOT NULL
);
CREATE INDEX ON peer_steps (enrolment_id);
INSERT INTO peer_steps (enrolment_id, step, status, due_at, at)
SELECT e.id, split_part(line, ' ', 2), split_part(line, ' ', 3), NULL, now()
FROM enrolments e CROSS JOIN LATERAL regexp_split_to_table(trim(e.trail, E'\\n'), E'\\n') AS line;
INSERT INTO peer_steps (enrolment_id, step, status, due_at, at)
SELECT e.id, 'wait', 'waiting', hour, hour FROM enrolments e
CROSS JOIN LATERAL generate_series(e.began_at, e.ended_at, interval '1 hour') AS hour
""")


def bytes_of_a_life(engine: "Engine", now: datetime) -> list[Row]:
    """So many leads go through the whole series, by half a day; the rows of it. The
    leads are there already."""
    from leadflow.database.engine import unit_of_work

    _begin(now)
    for half in range(DAYS * 2):
        at = now + timedelta(hours=12 * half)
        _go_on(at)
        if half % 2 == 0:
            # As autovacuum does by itself where time passes.
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for table in TABLES:
                    connection.execute(text(f"VACUUM {table}"))
    with unit_of_work() as session:
        left = session.scalar(text("SELECT count(*) FROM enrolments WHERE ended_at IS NULL"))
        messages = session.scalar(text("SELECT count(*) FROM campaign_messages")) or 0
        room = int(session.scalar(SIZE, {"tables": list(TABLES)}) or 0)
    with engine.begin() as connection:
        for statement in PEER.text.split(";"):
            connection.execute(text(statement))
        peer = int(connection.execute(SIZE, {"tables": ["peer_steps"]}).scalar() or 0)
    return [
        Row(
            "bytes per enrolment of its whole life, with indexes",
            room / ENROLMENTS,
            "B",
            at_most=MOST_BYTES,
            peer="a row a step, and one each hour of waiting; its mails come on top",
            peer_value=peer / ENROLMENTS,
        ),
        Row("… messages per enrolment", messages / ENROLMENTS, "", at_least=1.0),
        Row("… that are still in it", float(left or 0), "", at_most=0.0),
    ]


def _begin(now: datetime) -> None:
    from leadflow.campaigns.definitions.reading import read_campaigns
    from leadflow.campaigns.shipped.welcome import FILE
    from leadflow.campaigns.store import service
    from leadflow.database.engine import unit_of_work
    from leadflow.rules.text_format import load_rules
    from leadflow.workflow.catalogue import ACTIONS, model_of

    written: dict[str, Any] = load_rules(FILE)
    # Whoever is written to has to have said yes to marketing: that is not what is measured.
    written["campaigns"][NAME] |= {"purpose": "service", "holdout": 0}
    with unit_of_work() as session:
        service.apply(session, read_campaigns(written, model_of(ACTIONS.values())), "bench", now)
        service.launch(session, NAME, "bench", now)
        session.execute(ENROLLED, {"name": NAME, "now": now, "most": ENROLMENTS})


def _go_on(at: datetime) -> None:
    """Whatever is due happens; what is planned is sent, and arrives."""
    from leadflow.campaigns.feedback.noting import note
    from leadflow.campaigns.feedback.pausing import Bounds
    from leadflow.campaigns.feedback.told import Told
    from leadflow.campaigns.planning.sweep import plan
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        plan(session, NAME, 1, at)
    with unit_of_work() as session:
        sent = list(session.scalars(ACCEPTED, {"now": at}))
        told = [Told("delivered", at, message_id=one) for one in sent]
        told += [Told("opened", at, message_id=one) for one in sent[::2]]
        note(session, told, Bounds(1, 1), at)
