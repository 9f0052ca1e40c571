"""Eight who send at once while their claims end early, and opt-outs at the moment of a claim."""

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from benchmarks import dispatch_workers
from benchmarks.dispatch_kills import start_all
from benchmarks.due_messages import make_due
from benchmarks.rows import Row

if TYPE_CHECKING:
    from sqlalchemy import Engine

DISPATCHERS, BLOCK = 8, 40
# What each statement changed in the state of a message, and when that statement began.
NOTED = text("""
CREATE TABLE noted (id text, before text, after text, at timestamptz);
CREATE FUNCTION note_message() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO noted VALUES (new.id, old.status, new.status, statement_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER note_message AFTER UPDATE OF status ON campaign_messages
FOR EACH ROW WHEN (old.status <> new.status) EXECUTE FUNCTION note_message();
""")
FORGET = text("""
DROP TRIGGER note_message ON campaign_messages;
DROP FUNCTION note_message();
DROP TABLE noted;
""")
# As if the process that has them had been asleep for longer than a lease.
ENDED = text("""
WITH ended AS MATERIALIZED (
    SELECT id FROM campaign_messages WHERE status = 'claimed' AND attempts < 3
    ORDER BY random() LIMIT 40 FOR UPDATE SKIP LOCKED
)
UPDATE campaign_messages m SET claimed_until = now() - interval '1 s' FROM ended
WHERE m.id = ended.id RETURNING m.id
""")
TOO_LATE = text("SELECT count(*) FROM noted WHERE after = 'accepted' AND before <> 'claimed'")
STATES = text("SELECT status, count(*) FROM campaign_messages GROUP BY status")
CLAIMS = text("SELECT id, min(at), max(at) FROM noted WHERE after = 'claimed' GROUP BY id")
CLOCK = text("SELECT clock_timestamp()")


def at_once(engine: "Engine", ids: list[str], processes: int = DISPATCHERS) -> list[Row]:
    """Several processes send the same messages, and claims end while they are at work."""
    with _noted(engine):
        return _at_once(engine, ids, processes)


def _at_once(engine: "Engine", ids: list[str], processes: int) -> list[Row]:
    make_due(engine, ids)
    revived = 0
    with tempfile.TemporaryDirectory(prefix="leadflow-bench-") as folder:
        senders = start_all(dispatch_workers.recording, folder, processes)
        while any(one.is_alive() for one in senders):
            time.sleep(0.2)
            with engine.begin() as connection:
                revived += len(connection.execute(ENDED).all())
        sent = Counter(
            line for path in Path(folder).glob("*.sent") for line in path.read_text().split()
        )
    with engine.connect() as connection:
        states = dict(connection.execute(STATES).tuples().all())
        late = connection.execute(TOO_LATE).scalar_one()
    return [
        Row(f"{len(ids):,} due, {processes} dispatchers: claims that ended early", revived, ""),
        Row("… sends", sent.total(), ""),
        Row("… messages sent twice", sum(n > 1 for n in sent.values()), "", at_most=0),
        Row("… messages never sent", len(set(ids) - set(sent)), "", at_most=0),
        Row("… ends written after a claim was over", late, "", at_most=0),
        Row("… messages uncertain", states.get("uncertain", 0), "", at_most=revived),
    ]


def no_against_claim(engine: "Engine", ids: list[str]) -> list[Row]:
    """Each lead says no, bounces or is deleted while its message is being claimed."""
    with _noted(engine):
        return _no_against_claim(engine, ids)


def _no_against_claim(engine: "Engine", ids: list[str]) -> list[Row]:
    _everybody_agreed(ids)
    committed: dict[str, datetime] = {}
    dice = random.Random(11)
    for start in range(0, len(ids), BLOCK):
        some = ids[start : start + BLOCK]
        make_due(engine, some)
        order = dice.sample(some, len(some))
        saying = threading.Thread(target=_say_no, args=(engine, order, committed))
        saying.start()
        _dispatch_all()
        saying.join()
        _dispatch_all()
    with engine.connect() as connection:
        claims = {own: (first, last) for own, first, last in connection.execute(CLAIMS)}
    after = sum(last > committed[own] for own, (_, last) in claims.items())
    before = sum(first <= committed[own] for own, (first, _) in claims.items())
    return [
        Row("opt-outs, bounces and deletions against a claim", len(committed), ""),
        Row("… claimed before", before, ""),
        Row("… not claimed any more", len(ids) - len(claims), ""),
        Row("… claimed after it was committed", after, "", at_most=0),
    ]


def _say_no(engine: "Engine", order: list[str], committed: dict[str, datetime]) -> None:
    from leadflow.consent.log import Told, write
    from leadflow.consent.suppressing import suppress_leads
    from leadflow.database.engine import unit_of_work

    for number, own in enumerate(order):
        lead, now = own.replace("msg_", "lead_"), datetime.now(UTC)
        if number % 3 == 2:
            with engine.begin() as connection:
                connection.execute(text("DELETE FROM leads WHERE id = :id"), {"id": lead})
        else:
            with unit_of_work() as session:
                if number % 3:
                    suppress_leads(session, [lead], "hard_bounce", "bench", now)
                else:
                    write(session, [Told(lead, False, "unsubscribe_link", now, "bench")], now)
        with engine.connect() as connection:
            committed[own] = connection.execute(CLOCK).scalar_one()


def _dispatch_all() -> None:
    from leadflow.campaigns.dispatch.sending import dispatch_some
    from leadflow.database.engine import get_engine
    from leadflow.settings import get_settings

    channel = dispatch_workers.Recording(Path("/dev/null"))
    while dispatch_some(get_engine(), get_settings(), channel, datetime.now(UTC), 3).claimed:
        pass


def _everybody_agreed(ids: list[str]) -> None:
    from leadflow.consent.log import Told, write
    from leadflow.database.engine import unit_of_work

    now = datetime.now(UTC)
    leads = [own.replace("msg_", "lead_") for own in ids]
    with unit_of_work() as session:
        told = [Told(one, True, "form", now, "bench", basis="consent") for one in leads]
        write(session, told, now)


@contextmanager
def _noted(engine: "Engine") -> Iterator[None]:
    """What becomes of messages is noted meanwhile."""
    with engine.begin() as connection:
        connection.execute(NOTED)
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(FORGET)
