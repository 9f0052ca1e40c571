"""How quickly webhooks are accepted, become leads, and are caught up with.

Run it with ``python -m benchmarks.gateway [SECONDS]`` (60 for the load over HTTP unless said), or
``python -m benchmarks.gateway backlog [DELIVERIES]`` for the backlog alone (50,000 unless said). It
makes a store of its own in a temporary folder, with salespeople who have room for everybody, and
starts two gateway processes. Deliveries are processed by the function that the runs of
``process_inbox`` call, in a process of its own.
"""

import asyncio
import hmac
import json
import multiprocessing
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.http_load import Target, load, post
from benchmarks.intake import prepare
from benchmarks.own_store import own_store
from benchmarks.rows import Row, publish
from benchmarks.servers import gateway

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from models.scores import Scorer

HTTP_SECONDS, CONNECTIONS = 60.0, 32
STEADY, STEADY_SECONDS = 100.0, 20.0
BACKLOG, BATCH = 50_000, 1000
SECRET = "bench-secret-of-the-crm"  # noqa: S105
SOURCE = {
    "scheme": "bottlecrm",
    "records": "data",
    "mapping": {
        "key": "id",
        "changed_at": "updated_at",
        "fields": {
            "email": "email",
            "company_name": "company_name",
            "job_title": "title",
            "company_size": "company_size",
            "budget": {"column": "amount", "currency": "EUR"},
        },
    },
}
# When each delivery was seen to be processed: after its transaction, which no column can say.
SEEN = "CREATE TABLE bench_seen (id text PRIMARY KEY, at timestamptz NOT NULL)"
SEE = """
INSERT INTO bench_seen SELECT id, clock_timestamp() FROM deliveries
WHERE status <> 'received' AND NOT EXISTS (SELECT FROM bench_seen WHERE id = deliveries.id)
"""
WAITED = """
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM at - received_at))
FROM deliveries JOIN bench_seen USING (id)
WHERE received_at >= :since AND EXISTS (
    SELECT FROM leads JOIN lead_scores s ON s.lead_id = leads.id
    WHERE leads.source = 'crm' AND leads.external_id = delivery_id
)
"""
LEFT = "SELECT count(*) FROM deliveries WHERE status = 'received'"


def bodies(connection: int) -> Iterator[dict[str, object]]:
    """New leads as a CRM tells them, one after another."""
    draw = random.Random()
    while True:
        own = f"{connection}-{draw.getrandbits(60):x}"
        person = {
            "id": own,
            "title": "VP of Marketing",
            "email": f"{own}@company.example.com",
            "company_name": f"Company {draw.randrange(1000)}",
            "company_size": draw.randrange(1000),
            "amount": draw.randrange(90_000),
            "updated_at": datetime.now(UTC).isoformat(),
        }
        yield {"id": own, "event": "lead.created", "data": person}


def signed(body: bytes) -> dict[str, str]:
    """The headers of a delivery."""
    seconds = str(int(time.time()))
    digest = hmac.digest(SECRET.encode(), f"{seconds}.".encode() + body, "sha256").hex()
    return {
        "X-BottleCRM-Delivery": json.loads(body)["id"],
        "X-BottleCRM-Signature": f"t={seconds},v1={digest}",
    }


def accepted(seconds: float, console: Console) -> list[Row]:
    """Webhooks that are verified, kept and answered; beside a route that only inserts a row."""
    from leadflow.settings import get_settings

    settings = get_settings()
    with gateway(settings, "benchmarks.inserting:create_app") as port:
        target = Target("127.0.0.1", port, "/webhooks/crm", signed=signed)
        post(target, bodies, connections=CONNECTIONS, seconds=3.0)
        with console.status(f"A bare insert, {seconds:.0f} s …"):
            peer = post(target, bodies, connections=CONNECTIONS, seconds=seconds)
    with gateway(settings, "leadflow.gateway.application:create_app") as port:
        target = Target("127.0.0.1", port, "/webhooks/crm", signed=signed)
        post(target, bodies, connections=CONNECTIONS, seconds=5.0)
        with console.status(f"Webhooks, {seconds:.0f} s …"):
            many = post(target, bodies, connections=CONNECTIONS, seconds=seconds)
    what, bare = f"webhooks, {CONNECTIONS} connections", "bare insert, a row a request"
    return [
        Row(what, many.per_second, "a second", 1000.0, None, bare, peer.per_second),
        Row(f"{what}, p50", many.median_ms, "ms", None, None, bare, peer.median_ms),
        Row(f"{what}, p99", many.p99_ms, "ms", None, 100.0, bare, peer.p99_ms),
        Row(f"{what}, errors", many.errors, "", None, 0.0, bare, peer.errors),
    ]


def steady(engine: "Engine", console: Console) -> list[Row]:
    """From arrival to the score and the salesperson, at a steady pace."""
    from sqlalchemy import text

    from leadflow.settings import get_settings

    with engine.begin() as connection:
        connection.execute(text(SEEN))
    with gateway(get_settings(), "leadflow.gateway.application:create_app") as port, processing():
        target = Target("127.0.0.1", port, "/webhooks/crm", signed=signed)
        asyncio.run(load(target, bodies, connections=8, seconds=5.0, per_second=STEADY))
        since = datetime.now(UTC)
        with console.status(f"{STEADY:.0f} webhooks a second, {STEADY_SECONDS:.0f} s …"):
            asyncio.run(
                load(target, bodies, connections=8, seconds=STEADY_SECONDS, per_second=STEADY)
            )
        until_nothing_waits(engine)
    with engine.connect() as connection:
        p95 = float(connection.execute(text(WAITED), {"since": since}).scalar_one())
    return [Row(f"webhook to scored lead, {STEADY:.0f} a second, p95", p95, "s", None, 2.0)]


def backlog(engine: "Engine", console: Console, deliveries: int = BACKLOG) -> list[Row]:
    """What has gathered while nobody looked, in one process."""
    from sqlalchemy import text

    from leadflow.database.engine import unit_of_work
    from leadflow.sources.accepting import Arrival, accept

    with engine.begin() as connection:
        connection.execute(text("TRUNCATE deliveries"))
    made = bodies(0)
    with console.status(f"{deliveries:,} deliveries gather …"):
        # The first batch is processed before the clock runs.
        for _ in range(1 + -(-deliveries // 1000)):
            with unit_of_work() as session:
                arrivals = [
                    Arrival("crm", str(body["id"]), json.dumps(body).encode())
                    for body in (next(made) for _ in range(1000))
                ]
                accept(session, arrivals, datetime.now(UTC))
    with console.status(f"{deliveries:,} deliveries are processed …"):
        spawn = multiprocessing.get_context("spawn")
        answers = spawn.Queue()
        worker = spawn.Process(target=_catch_up, args=(answers,))
        worker.start()
        seconds, processor, most, done = answers.get()
        worker.join()
    return [
        Row(f"a backlog of {deliveries:,}", done / seconds, "a second", 1000.0),
        Row(
            "… the process's own seconds of the processor, per 1,000", processor / done * 1000, "s"
        ),
        Row("… memory, most held", most, "MiB", None, 1024.0),
    ]


def _catch_up(answers: "multiprocessing.Queue[tuple[float, float, float, int]]") -> None:
    begin()
    started, used, done = time.monotonic(), time.process_time(), 0
    while some := process():
        done += some
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answers.put((time.monotonic() - started, time.process_time() - used, most, done))


@contextmanager
def processing() -> Iterator[None]:
    """A process that looks at the inbox as a run at work does."""
    spawn = multiprocessing.get_context("spawn")
    ready, over = spawn.Event(), spawn.Event()
    worker = spawn.Process(target=_keep_looking, args=(ready, over))
    worker.start()
    ready.wait(60)
    try:
        yield
    finally:
        over.set()
        worker.join()


def _keep_looking(ready: Event, over: Event) -> None:
    from sqlalchemy import text

    from leadflow.database.engine import get_owner_engine

    begin()
    ready.set()
    while not over.is_set():
        if not process():
            time.sleep(0.2)
            continue
        with get_owner_engine().begin() as connection:
            connection.execute(text(SEE))


def begin() -> None:
    """Make this process one that processes deliveries, as a warm worker is."""
    from leadflow.composition import compose
    from leadflow.gateway import collection

    compose()
    process()
    collection.spare()


def process() -> int:
    """Process some deliveries; how many."""
    from leadflow.database.engine import get_engine
    from leadflow.settings import get_settings
    from leadflow.sources.processing import process_some

    now = datetime.now(UTC)
    return process_some(get_engine(), _rubric(), get_settings(), now, BATCH).deliveries


@lru_cache
def _rubric() -> "Scorer":
    """What scores, loaded once a process, as a warm worker does."""
    from models.rubric import Rubric

    return Rubric.load()


def until_nothing_waits(engine: "Engine") -> None:
    """Wait until all deliveries are processed."""
    from sqlalchemy import text

    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if not connection.execute(text(LEFT)).scalar_one():
                return
        time.sleep(0.5)
    raise TimeoutError("Deliveries go on waiting.")


def add_source() -> None:
    """The CRM that delivers."""
    from leadflow.database.engine import unit_of_work
    from leadflow.sources import service
    from leadflow.sources.definitions import Source

    now = datetime.now(UTC)
    with unit_of_work() as session:
        service.apply(session, {"crm": Source.model_validate(SOURCE)}, "benchmark", now)
        service.set_secret(session, "crm", SECRET, "benchmark", now)


def main(asked: list[str]) -> int:
    """Measure, print and write; 1 if a bound does not hold."""
    from leadflow.composition import compose
    from leadflow.settings import get_settings

    console, home, alone = Console(), get_settings().home, asked[:1] == ["backlog"]
    compose()
    with own_store() as (engine, settings):
        os.environ["LEADFLOW_LOG_LEVEL"] = "WARNING"
        with console.status("Making a market …"):
            prepare(engine, settings)
        add_source()
        if alone:
            rows = backlog(engine, console, int(asked[1]) if len(asked) > 1 else BACKLOG)
        else:
            seconds = float(asked[0]) if asked else HTTP_SECONDS
            rows = steady(engine, console) + backlog(engine, console) + accepted(seconds, console)
    name, title = ("gateway-backlog", "A backlog") if alone else ("gateway", "Webhooks")
    return publish(name, title, rows, home, console)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
