"""Whoever processes deliveries may be killed at any moment: nothing is lost, nothing is doubled."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, select

from leadflow.audit.queue import put_into_chain
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.leads.tables import Lead, LeadEvent
from leadflow.settings import get_settings
from leadflow.sources import service
from leadflow.sources.accepting import Arrival, accept
from leadflow.sources.processing import process_some
from leadflow.sources.tables import Delivery
from models.rubric import Rubric
from tests.examples import LONG
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
