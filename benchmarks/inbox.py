"""``kill -9`` of who accepts deliveries and of who processes them, again and again, under load; one
delivery a thousand times at once; PostgreSQL away. Is anything lost, and is anything doubled?

Run it with ``python -m benchmarks.inbox [KILLS]`` (50 of each unless said). It makes a store of its
own in a temporary folder. Senders do as CRMs do: what was not answered is sent again.
"""

import json
import multiprocessing
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
from rich.console import Console

from benchmarks.gateway import add_source, begin, bodies, process, signed, until_nothing_waits
from benchmarks.intake import prepare
from benchmarks.own_store import own_store
from benchmarks.rows import Row, publish
from benchmarks.servers import gateways

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from leadflow.settings import Settings

KILLS, SENDERS, AT_LEAST = 50, 16, 10_000
TIMES, CONNECTIONS, PROCESSES = 1000, 32, 4
AWAY_SECONDS, BACK_SECONDS = 30.0, 10.0
APPLICATION = "leadflow.gateway.application:create_app"
LEADS = """
SELECT l.external_id, count(*) FROM leads l WHERE l.source = 'crm' GROUP BY l.external_id
"""
SCORED = "SELECT subject FROM audit_log WHERE action = 'lead.scored'"
MINE = "SELECT id FROM leads WHERE external_id = :id"
KEPT = "SELECT delivery_id, status FROM deliveries"


@dataclass
class Sending:
    """Programs that deliver until they are stopped. ``accepted``: ids that were answered 2xx;
    ``other``: how often there was another answer, or none, by what it was."""

    port: int
    accepted: list[str] = field(default_factory=list)
    other: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> list[threading.Thread]:
        """Begin."""
        threads = [
            threading.Thread(target=self._deliver, args=(number,)) for number in range(SENDERS)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _deliver(self, number: int) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30) as client:
            for body in bodies(number):
                while not self.over.is_set():
                    said = deliver(client, json.dumps(body).encode())
                    if said == "2xx":
                        self.accepted.append(str(body["id"]))
                        break
                    self.other[said] += 1
                    self.over.wait(0.2)
                if self.over.is_set():
                    return


def deliver(client: httpx.Client, content: bytes) -> str:
    """What one attempt came to: 2xx, another status with its type of problem, or no answer."""
    try:
        answer = client.post("/webhooks/crm", content=content, headers=signed(content))
    except httpx.HTTPError:
        return "no answer"
    if answer.is_success:
        return "2xx"
    kind = answer.headers.get("content-type", "")
    return f"{answer.status_code} {kind.partition(';')[0]}"


def killed(engine: "Engine", settings: "Settings", kills: int, console: Console) -> list[Row]:
    """A gateway process and a process that looks at the inbox are killed in turn, so often each."""
    dice = random.Random(7)
    with gateways(settings, APPLICATION, 2) as (port, parent):
        sending = Sending(port)
        threads = sending.run()
        with console.status(f"{kills} kills of each …") as status:
            for number in range(kills):
                worker = _look()
                time.sleep(dice.uniform(0.0, 1.5))
                victim = dice.choice(_children(parent))
                victim.kill()
                time.sleep(dice.uniform(0.0, 1.5))
                worker.kill()
                worker.join()
                status.update(f"{number + 1} of {kills} kills, {len(sending.accepted):,} accepted")
        while len(sending.accepted) < AT_LEAST and kills >= KILLS:
            time.sleep(0.2)
        sending.over.set()
        for thread in threads:
            thread.join()
    return [
        Row("kills of the gateway, and of the processor", kills, ""),
        Row("answers that were not 2xx, all sent again", sum(sending.other.values()), ""),
        *_counted(engine, sending),
    ]


def _children(parent: int) -> list[psutil.Process]:
    """The gateway processes that run now."""
    while True:
        found = [child for child in psutil.Process(parent).children() if _serves(child)]
        if found:
            return found
        time.sleep(0.05)


def _serves(child: psutil.Process) -> bool:
    try:
        return "spawn" in str(child.cmdline())
    except psutil.Error:
        # One that was killed, and is gone since it was found.
        return False


def _look() -> Any:
    """A process that looks at the inbox, once it does."""
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    worker = spawn.Process(target=_keep_looking, args=(ready,))
    worker.start()
    ready.wait(60)
    return worker


def _keep_looking(ready: Event) -> None:
    begin()
    ready.set()
    while True:
        if not process():
            time.sleep(0.2)


def _counted(engine: "Engine", sending: Sending) -> list[Row]:
    """What is in the store once all was processed, held against what was accepted."""
    from sqlalchemy import text

    from leadflow.audit.queue import put_into_chain
    from leadflow.database.engine import unit_of_work

    worker = _look()
    until_nothing_waits(engine)
    worker.kill()
    worker.join()
    with unit_of_work() as session:
        while put_into_chain(session):
            pass
    with engine.connect() as connection:
        kept = dict(connection.execute(text(KEPT)).tuples().all())
        leads = dict(connection.execute(text(LEADS)).tuples().all())
        audited = Counter(connection.execute(text(SCORED)).scalars())
    accepted = set(sending.accepted)
    return [
        Row("deliveries answered 2xx", len(accepted), ""),
        Row("… that are not in the inbox", len(accepted - set(kept)), "", at_most=0),
        Row("… that are no lead", len(accepted - set(leads)), "", at_most=0),
        Row("deliveries that were not processed", _unprocessed(kept), "", at_most=0),
        Row("leads that are there twice", sum(n > 1 for n in leads.values()), "", at_most=0),
        Row(
            "leads whose score is audited twice", sum(n > 1 for n in audited.values()), "", None, 0
        ),
    ]


def _unprocessed(kept: dict[str, str]) -> int:
    return sum(status != "processed" for status in kept.values())


def at_once(engine: "Engine", settings: "Settings") -> list[Row]:
    """One delivery, many times at once, to several processes."""
    from sqlalchemy import text

    body = next(bodies(99))
    content = json.dumps(body).encode()
    with gateways(settings, APPLICATION, PROCESSES) as (port, _):

        def some(_number: int) -> list[str]:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                share = range(_number, TIMES, CONNECTIONS)
                return [deliver(client, content) for _ in share]

        with ThreadPoolExecutor(CONNECTIONS) as threads:
            said = Counter(one for each in threads.map(some, range(CONNECTIONS)) for one in each)
    sending = Sending(0, accepted=[str(body["id"])])
    rows = _counted(engine, sending)
    assert not any(row.holds is False for row in rows)
    with engine.connect() as connection:
        own = {"id": str(body["id"])}
        leads = dict(connection.execute(text(LEADS)).tuples().all())[own["id"]]
        mine = connection.execute(text(MINE), own).scalar_one()
        audited = list(connection.execute(text(SCORED)).scalars()).count(mine)
    return [
        Row(f"one delivery {TIMES:,} times over {CONNECTIONS} connections: 2xx", said["2xx"], "")
        if said["2xx"] == TIMES
        else Row(f"of {TIMES:,} answers, 2xx", said["2xx"], "", at_least=TIMES),
        Row("… leads", leads, "", at_most=1),
        Row("… audit rows of its score", audited, "", at_most=1),
    ]


def away(engine: "Engine", settings: "Settings", console: Console) -> list[Row]:
    """PostgreSQL is stopped under load, and started again."""
    from leadflow.database import embedded

    with gateways(settings, APPLICATION, 2) as (port, _):
        sending = Sending(port)
        threads = sending.run()
        time.sleep(5)
        before = Counter(sending.other)
        embedded.stop(settings.home)
        with console.status(f"PostgreSQL is away for {AWAY_SECONDS:.0f} s …"):
            time.sleep(AWAY_SECONDS)
        stored = len(sending.accepted)
        begun = time.monotonic()
        embedded.start(settings.home)
        while len(sending.accepted) == stored and time.monotonic() - begun < 60:
            time.sleep(0.05)
        back = time.monotonic() - begun
        time.sleep(5)
        sending.over.set()
        for thread in threads:
            thread.join()
    said = sending.other - before
    problems = said.pop("503 application/problem+json", 0)
    console.print(f"  other answers while it was away: {dict(said)}")
    return [
        Row(f"PostgreSQL away for {AWAY_SECONDS:.0f} s: problems with 503", problems, ""),
        Row("… other answers", sum(said.values()), "", at_most=0),
        Row("… accepted again after its start", back, "s", at_most=BACK_SECONDS),
        *_counted(engine, sending),
    ]


def rows(kills: int, console: Console) -> Iterator[Row]:
    """All of it, in a store of its own."""
    with own_store() as (engine, settings):
        os.environ["LEADFLOW_LOG_LEVEL"] = "ERROR"
        with console.status("Making a market …"):
            prepare(engine, settings)
        add_source()
        yield from at_once(engine, settings)
        yield from killed(engine, settings, kills, console)
        yield from away(engine, settings, console)


def main(kills: int, home: Path) -> int:
    """Measure, print and write; 1 if a bound does not hold."""
    from leadflow.composition import compose

    console = Console()
    compose()
    return publish("inbox", "Deliveries under kills", list(rows(kills, console)), home, console)


if __name__ == "__main__":
    from leadflow.settings import get_settings

    often = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    sys.exit(main(often, get_settings().home))
