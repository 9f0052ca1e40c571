"""Whoever processes deliveries, or reads a journal, may be killed at any moment: nothing is lost,
nothing is doubled."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, text

from leadflow.audit.queue import put_into_chain
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.leads.tables import Lead, LeadEvent
from leadflow.settings import get_settings
from leadflow.sources import service
from leadflow.sources.accepting import Arrival, accept
from leadflow.sources.processing import process_some
from leadflow.sources.tables import Delivery, SourceJournal
from models.rubric import Rubric
from tests.examples import LONG
from tests.integration.sources import reading_journals
from tests.journals import START, keeping
from tests.senders import source

pytestmark = pytest.mark.uncounted
KILLS, EACH = (50, 40) if LONG else (3, 20)
CRM = source(
    "token",
    events=[{"type": "meeting", "external_id": "id", "occurred_at": "received_at()"}],
)


def arrive(number: int) -> None:
    """So many deliveries more."""
    arrivals = [
        Arrival("crm", f"{number}-{n}", json.dumps({"id": own, "email": f"{own}@b.com"}).encode())
        for n in range(EACH)
        for own in [f"p{number}-{n}"]
    ]
    with unit_of_work() as session:
        accept(session, arrivals, datetime.now(UTC))


def test_a_processor_that_is_killed_loses_and_doubles_nothing(store: Engine) -> None:
    dice = random.Random(5)
    with unit_of_work() as session:
        service.apply(session, {"crm": CRM}, "test", datetime.now(UTC))
    command = [sys.executable, "-m", "tests.integration.sources.looking"]
    for number in range(KILLS):
        arrive(number)
        child = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "looking\n"
        time.sleep(dice.uniform(0.05, 1.0))
        child.kill()
        child.wait()
        child.stdout.close()
    while process_some(get_engine(), Rubric.load(), get_settings(), datetime.now(UTC)).deliveries:
        pass
    total = KILLS * EACH
    with unit_of_work() as session:
        while put_into_chain(session):
            pass
        assert session.scalar(select(func.count()).select_from(Lead)) == total
        assert session.scalar(select(func.count()).select_from(LeadEvent)) == total
        states = Counter(session.scalars(select(Delivery.status)))
        scored = session.scalars(
            select(AuditEntry.subject).where(AuditEntry.action.not_like("source.%"))
        )
        assert set(Counter(scored).values()) == {1}
    assert states == {"processed": total}


@pytest.mark.long
def test_one_who_reads_a_journal_and_is_killed_between_pages_loses_and_doubles_nothing(
    store: Engine,
) -> None:
    dice = random.Random(7)
    many = KILLS * 20
    now = START + timedelta(hours=1)
    command = [sys.executable, "-m", "tests.integration.sources.reading_journals", now.isoformat()]
    with keeping() as keeper:
        keeper.clock, keeper.size = lambda: now, 2
        keeper.before = lambda number: time.sleep(0.05)
        for number in range(many):
            keeper.add(f"i{number:04}", START + timedelta(seconds=number // 3))
        reading_journals.add(reading_journals.source(keeper.url), START)
        for _ in range(KILLS):
            child = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ, text=True)
            assert child.stdout is not None
            assert child.stdout.readline() == "reading\n"
            before = len(keeper.asked)
            wanted = before + dice.randint(1, 6)
            while len(keeper.asked) < wanted:
                time.sleep(0.002)
            time.sleep(dice.uniform(0, 0.1))
            child.kill()
            child.wait()
            child.stdout.close()
            with unit_of_work() as session:
                # As it is once the lease of whoever died is over.
                session.execute(text("UPDATE source_journals SET claimed_until = next_at"))
        with unit_of_work() as session:
            under_way = session.scalars(select(SourceJournal)).one()
            assert under_way.page is not None
            assert under_way.cursor_at > START
        while reading_journals.reader(lambda: now + timedelta(seconds=1)).read_due():
            pass
        # It went on where it was: a page was asked for twice only where its asker died.
        assert len(keeper.asked) <= many // 2 + 2 * KILLS
    with unit_of_work() as session:
        kept = list(session.scalars(select(Delivery.delivery_id).order_by(Delivery.delivery_id)))
    assert kept == [f"i{number:04}" for number in range(many)]
