"""How soon a fact written by another process is in the lead's score.

Run it with ``python -m benchmarks.rescoring``. A gateway on an embedded PostgreSQL in a temporary
home, and a process of its own that writes events through the service, one after the other.
"""

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.rows import Row, publish

LEADS = 60
BULK = 5_000
WAIT_SECONDS = 30.0


def write_events() -> None:
    """The process that writes: one event for each lead that came alone, a quarter second apart."""
    from sqlalchemy import select

    from leadflow.database.engine import unit_of_work
    from leadflow.leads.events.recording import EventIn, record_events
    from leadflow.leads.tables import Lead

    with unit_of_work() as session:
        ids = session.scalars(select(Lead.id).where(Lead.source == "alone")).all()
    for lead_id in ids:
        with unit_of_work() as session:
            record_events(session, [(lead_id, EventIn(type="meeting"))], datetime.now(UTC))
        time.sleep(0.25)


def put_leads() -> None:
    """Leads that come alone, and many that came in bulk and have not been scored."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.changes import mark_changed
    from leadflow.leads.tables import Lead

    now = datetime.now(UTC)
    with unit_of_work() as session:
        session.add_all(Lead(source="alone", known_from=now) for _ in range(LEADS))
        bulk = [Lead(source="bulk", known_from=now) for _ in range(BULK)]
        session.add_all(bulk)
        session.flush()
        mark_changed(session, [lead.id for lead in bulk], bulk=True)


def delays() -> list[float]:
    """Seconds from each event to the moment its score was there; stops waiting at a limit."""
    from sqlalchemy import select

    from leadflow.database.engine import unit_of_work
    from leadflow.leads.tables import Lead, LeadEvent
    from leadflow.scoring.tables import LeadScore

    end = time.monotonic() + LEADS * 0.25 + WAIT_SECONDS
    found: dict[str, float] = {}
    while len(found) < LEADS and time.monotonic() < end:
        with unit_of_work() as session:
            rows = session.execute(
                select(LeadEvent.lead_id, LeadEvent.known_at)
                .join(Lead, Lead.id == LeadEvent.lead_id)
                .join(LeadScore, (LeadScore.lead_id == Lead.id) & LeadScore.is_current)
                .where(LeadScore.as_of >= LeadEvent.known_at)
            ).all()
        seen = datetime.now(UTC)
        for lead_id, known_at in rows:
            found.setdefault(lead_id, (seen - known_at).total_seconds())
        time.sleep(0.02)
    return sorted(found.values())


def measure(home: Path) -> list[float]:
    """The delays of one run with a gateway that scores in the background."""
    from fastapi.testclient import TestClient

    from leadflow.database import cluster
    from leadflow.database.engine import get_engine
    from leadflow.database.migrate import upgrade
    from leadflow.gateway.application import create_app
    from leadflow.settings import get_settings

    cluster.ensure_databases(cluster.locate(get_settings()))
    upgrade(get_engine())
    with TestClient(create_app()) as client:
        while client.get("/health").json()["parts"]["model"]["status"] != "ok":
            time.sleep(0.2)
        put_leads()
        writer = subprocess.Popen([sys.executable, "-m", "benchmarks.rescoring", "write"])
        try:
            return delays()
        finally:
            writer.wait(timeout=60)


def main() -> int:
    """Measure; the exit code is 1 if a fact was late."""
    from leadflow.database import embedded
    from leadflow.settings import get_settings

    console, target = Console(), get_settings().home
    # No setting of this installation goes along: made-up leads belong in no real store.
    for name in [name for name in os.environ if name.startswith("LEADFLOW_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="leadflow-bench-") as folder:
        home = Path(folder) / "home"
        os.environ["LEADFLOW_HOME"] = str(home)
        get_settings.cache_clear()
        try:
            found = measure(home)
        finally:
            embedded.stop(home)
    if len(found) < LEADS:
        console.print(f"Only {len(found)} of {LEADS} events were scored.")
        return 1
    rows = [
        Row("event to score, median", found[len(found) // 2], "s"),
        Row("event to score, slowest", found[-1], "s", at_most=2.0),
    ]
    title = f"{LEADS} events of another process, beside {BULK:,} leads that came in bulk"
    return publish("rescoring", title, rows, target, console)


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        write_events()
    else:
        sys.exit(main())
