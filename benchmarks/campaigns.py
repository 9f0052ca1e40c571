"""Campaigns: how long a sweep takes over a million enrolments of which a tenth are due, beside one
enrolment at a time; and how much room each takes over its whole life.

Run it with ``python -m benchmarks.campaigns [ENROLMENTS]``. The store is an embedded PostgreSQL in
a temporary home.
"""

import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.campaign_bytes import ENROLMENTS as ENROLMENTS_OF_LIVES
from benchmarks.campaign_bytes import bytes_of_a_life
from benchmarks.own_store import own_store
from benchmarks.rows import Row, publish

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from leadflow.campaigns.planning.sweep import Swept

ENROLMENTS, SAMPLE = 1_000_000, 200
NAME, BODY = "series", "<mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>"
CAMPAIGN: dict[str, Any] = {
    "name": "A series",
    "type": "educational",
    "purpose": "service",
    "zone": "Europe/Berlin",
    "goal": {"on": ["lead.converted"]},
    "quiet_hours": {"start": "22:00", "end": "06:00"},
    "steps": [
        {"step": "hello", "send": "hello"},
        {"step": "pause", "wait": "P2D"},
        {
            "step": "how",
            "switch": [
                {
                    "when": {"company_size": {"operator": "greater_than", "value": 500}},
                    "then": "large",
                },
                {"then": "small"},
            ],
        },
        {"step": "large", "send": "large", "then": "rest"},
        {"step": "small", "send": "small"},
        {"step": "rest", "wait": "P3D"},
        {"step": "last", "send": "hello"},
    ],
    "contents": {
        name: {"subject": "Hello", "body": BODY.format("Hello")}
        for name in ("hello", "large", "small")
    },
}
LEADS = """
INSERT INTO leads (id, source, external_id, email, email_index, company_size, country, created_at)
SELECT 'lead_' || lpad(to_hex(n), 28, '0'), 'bench', n::text, :email, int8send(n), n % 1000,
    (ARRAY['DE', 'US', 'FR'])[1 + n % 3], now()
FROM generate_series(1, :count) AS n
"""
# One in ten waits until now; the others until tomorrow.
ENROLLED = """
INSERT INTO enrolments (id, campaign, version, lead_id, enrolled_by, began_at, node, entered_at,
    due_at, places)
SELECT 'enr_' || lpad(to_hex(n), 28, '0'), :campaign, 1, 'lead_' || lpad(to_hex(n), 28, '0'),
    'bench', m.at - interval '2 days', 1, m.at - interval '2 days', m.at,
    ARRAY[(ARRAY['DE  Europe/Berlin', 'US NY America/New_York', 'FR  Europe/Paris'])[1 + n % 3]]
FROM generate_series(1, :count) AS n
CROSS JOIN LATERAL (
    SELECT CAST(:now AS timestamptz) + CASE WHEN n % 10 = 0 THEN interval '-1 minute'
        ELSE interval '1 day' END AS at
) m
"""


def prepare(engine: "Engine", count: int, now: datetime) -> None:
    """A campaign that is live, and so many in it."""
    from sqlalchemy import text

    from leadflow.campaigns.definitions.reading import read_campaigns
    from leadflow.campaigns.store import service
    from leadflow.database.engine import unit_of_work
    from leadflow.workflow.catalogue import ACTIONS, model_of

    written = {"campaigns": {NAME: CAMPAIGN}}
    with unit_of_work() as session:
        service.apply(session, read_campaigns(written, model_of(ACTIONS.values())), "bench", now)
        service.launch(session, NAME, "bench", now)
    add_leads(engine, count)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        values = {"count": count, "campaign": NAME, "now": now}
        connection.execute(text(ENROLLED), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("leads", "enrolments"):
            connection.execute(text(f"VACUUM ANALYZE {table}"))


def add_leads(engine: "Engine", count: int) -> None:
    """So many leads. Triggers tell of each that comes in, which is not measured here."""
    from sqlalchemy import text

    from leadflow.privacy.cipher_in_use import get_cipher

    email = get_cipher().encrypt("somebody@example.com", "email")
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(LEADS), {"count": count, "email": email})


def swept(now: datetime, most: int, enough: int) -> tuple[float, int, int]:
    """Take enrolments on, so many at a time, until nothing is due or enough were looked at: the
    seconds, how many were looked at, how many messages were planned."""
    from leadflow.campaigns.planning.sweep import plan
    from leadflow.database.engine import unit_of_work

    looked_at = planned = 0
    started = time.monotonic()
    while looked_at < enough:
        with unit_of_work() as session:
            some = plan(session, NAME, 1, now, most=most)
        looked_at, planned = looked_at + some.looked_at, planned + some.planned
        if not some.looked_at:
            break
    return time.monotonic() - started, looked_at, planned


def all_swept(now: datetime) -> "tuple[float, Swept]":
    """Take on all that are due, as the flow does; the seconds and what was done."""
    from leadflow.consent.may_send import STRICT
    from tasks.parts import take_all_on

    started = time.monotonic()
    done = take_all_on(NAME, 1, STRICT, lambda: now)
    return time.monotonic() - started, done


def main(asked: list[str]) -> int:
    """Measure, print and write; 1 if a bound does not hold."""
    from leadflow.composition import compose
    from leadflow.settings import get_settings

    console, home = Console(), get_settings().home
    count = int(asked[0]) if asked else ENROLMENTS
    # A Tuesday noon, at which mails may go out in all of the places.
    now = datetime(2026, 12, 1, 15, tzinfo=UTC)
    compose()
    with own_store() as (engine, _):
        with console.status(f"{count:,} leads come into a campaign …"):
            prepare(engine, count, now)
        with console.status("One at a time …"):
            seconds, alone, _ = swept(now, 1, SAMPLE)
        one_by_one = alone / seconds
        with console.status("All that are due …"):
            seconds, done = all_swept(now)
        later, _ = all_swept(now + timedelta(seconds=1))
    with own_store() as (engine, _), console.status("Whole lives in the welcome series …"):
        add_leads(engine, ENROLMENTS_OF_LIVES)
        lives = bytes_of_a_life(engine, now)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    peer = "one at a time, by a sample"
    rows = [
        Row(
            f"planning: {count:,} open, {done.looked_at:,} due",
            seconds,
            "s",
            at_most=20.0 if count == ENROLMENTS else None,
            peer=peer,
            peer_value=done.looked_at / one_by_one,
        ),
        Row("… messages planned", done.planned, "", at_least=float(done.looked_at)),
        Row("… memory, most held", most, "MiB", at_most=1024.0),
        Row("a sweep that finds nothing due", later, "s"),
        *lives,
    ]
    return publish("campaigns", "Campaigns", rows, home, console)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
