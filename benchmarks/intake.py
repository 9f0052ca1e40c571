"""How quickly leads are taken in: over HTTP, many together, and beside people who sign in.

Run it with ``python -m benchmarks.intake [SECONDS]`` (60 for the load over HTTP unless said). It
makes a store of its own in a temporary folder, with salespeople who have room for everybody, and
starts two gateway processes and a background process.
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.http_load import Load, Target, load, post
from benchmarks.own_store import own_store
from benchmarks.rows import Row, publish
from benchmarks.servers import background, gateway
from benchmarks.store import fill

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

    from sqlalchemy import Engine

    from leadflow.intake.leads import LeadSent
    from leadflow.settings import Settings

HTTP_SECONDS, CONNECTIONS = 60.0, 32
LEADS, BATCH, ONE_BY_ONE = 100_000, 1_000, 1_000
PEOPLE, PASSWORD, LEADS_A_SECOND, SIGNING_SECONDS = 40, "bench-mark-password-40", 20.0, 20.0
REST_SECONDS = 600.0
# Where two processes that take leads in wait for each other.
_ready: "Barrier"
LEFT = """
SELECT (SELECT count(*) FROM changed_leads) + (SELECT count(*) FROM audit_waiting)
     + (SELECT count(*) FROM outbox WHERE status IN ('waiting', 'claimed'))
"""
STORING = "storing without scoring"


def over_http(settings: "Settings", seconds: float, console: Console) -> list[Row]:
    """``POST /leads``: stored, scored, audited, handed out; beside a service that stores only."""
    key = _key()
    with gateway(settings, "benchmarks.storing:create_app") as port:
        target = Target("127.0.0.1", port, "/leads", key)
        post(target, bodies, connections=CONNECTIONS, seconds=3.0)
        with console.status(f"Storing only, {seconds:.0f} s …"):
            peer = post(target, bodies, connections=CONNECTIONS, seconds=seconds)
    with gateway(settings, "leadflow.gateway.application:create_app") as port, background(settings):
        target = Target("127.0.0.1", port, "/leads", key)
        post(target, bodies, connections=CONNECTIONS, seconds=5.0)
        _wait_until_at_rest(console)
        with console.status(f"POST /leads, {seconds:.0f} s …"):
            many = post(target, bodies, connections=CONNECTIONS, seconds=seconds)
        _wait_until_at_rest(console)
        alone = post(target, bodies, connections=1, seconds=10.0)
        _wait_until_at_rest(console)
        without, beside = signing_in(port, key, console)
    what = f"POST /leads, {CONNECTIONS} connections"
    return [
        Row(what, many.per_second, "a second", 600.0, None, STORING, peer.per_second),
        Row(f"{what}, p50", many.median_ms, "ms", None, None, STORING, peer.median_ms),
        Row(f"{what}, p99", many.p99_ms, "ms", None, 120.0, STORING, peer.p99_ms),
        Row(f"{what}, errors", many.errors, "", None, 0.0, STORING, peer.errors),
        Row("POST /leads, 1 connection, p50", alone.median_ms, "ms"),
        Row("POST /leads, 1 connection, p99", alone.p99_ms, "ms"),
        Row(
            f"{LEADS_A_SECOND:.0f} leads a second beside {PEOPLE} sign-ins at once, p99",
            beside.p99_ms,
            "ms",
            None,
            2 * without.p99_ms,
            "without sign-ins",
            without.p99_ms,
        ),
    ]


def _wait_until_at_rest(console: Console) -> None:
    """Until the background has done what was left to it: to score what was only stored, to tell
    salespeople, to put entries into the audit log."""
    from sqlalchemy import text

    from leadflow.database.engine import unit_of_work

    with console.status("Waiting for the background …"):
        deadline = time.monotonic() + REST_SECONDS
        while time.monotonic() < deadline:
            with unit_of_work() as session:
                if not session.scalar(text(LEFT)):
                    return
            time.sleep(0.5)
    raise TimeoutError(f"The background was not done after {REST_SECONDS:.0f} s.")


def signing_in(port: int, key: str, console: Console) -> tuple[Load, Load]:
    """Leads at a steady pace alone, and beside people who sign in as fast as they are answered."""
    leads, sessions = (
        Target("127.0.0.1", port, "/leads", key),
        Target("127.0.0.1", port, "/session"),
    )

    async def pace() -> Load:
        return await load(
            leads, bodies, connections=8, seconds=SIGNING_SECONDS, per_second=LEADS_A_SECOND
        )

    async def both() -> Load:
        measured, _ = await asyncio.gather(
            pace(), load(sessions, _sign_ins, connections=PEOPLE, seconds=SIGNING_SECONDS)
        )
        return measured

    with console.status(f"{PEOPLE} people sign in beside leads, {SIGNING_SECONDS:.0f} s …"):
        return asyncio.run(pace()), asyncio.run(both())


def _sign_ins(person: int) -> Iterator[dict[str, object]]:
    while True:
        yield {"username": f"bench{person}", "password": PASSWORD}


def by_use_case(console: Console) -> list[Row]:
    """The use case by itself: batches of a thousand, each a unit of work, beside one by one; and
    two processes at once, as two of the gateway are."""
    with console.status(f"{LEADS:,} leads by the use case …"):
        take(1, BATCH)
        together = take(LEADS // BATCH, BATCH)
        alone = take(ONE_BY_ONE, 1)
    with console.status("The same by two processes …"):
        spawn = get_context("spawn")
        ready = spawn.Barrier(2)
        with ProcessPoolExecutor(2, spawn, initializer=_begin, initargs=(ready,)) as pool:
            shares = [pool.submit(_share, LEADS // BATCH // 2) for _ in range(2)]
            at_once = max(share.result() for share in shares)
    name = f"{LEADS:,} leads in batches of {BATCH:,}: stored, scored, handed out"
    one = ("one by one", ONE_BY_ONE / alone)
    two = ("one process", LEADS / together)
    return [
        Row(name, LEADS / together, "a second", 5_000.0, None, *one),
        Row("… by two processes at once", LEADS / at_once, "a second", None, None, *two),
    ]


def _begin(ready: "Barrier") -> None:
    from leadflow.composition import compose

    global _ready
    _ready = ready
    compose()


def _share(batches: int) -> float:
    take(1, BATCH)
    _ready.wait(60)
    return take(batches, BATCH)


def take(batches: int, size: int) -> float:
    """How many seconds so many batches take to be taken in."""
    from leadflow.database.engine import unit_of_work
    from leadflow.gateway import collection
    from leadflow.intake.leads import take_leads
    from leadflow.settings import get_settings
    from models.rubric import Rubric

    settings, rubric, sent = get_settings(), Rubric.load(), _sent(batches * size)

    def batch(_: int) -> None:
        with unit_of_work() as session:
            leads = [next(sent) for _ in range(size)]
            answers = take_leads(session, leads, rubric, settings)
            if any(isinstance(answer, Exception) for answer in answers):
                raise RuntimeError("A lead was not taken in.")

    # As a process of the gateway does once it has loaded all that lasts.
    collection.spare()
    return _seconds(batch, batches)


def _seconds(work: Callable[[int], None], times: int) -> float:
    start = time.perf_counter()
    for number in range(times):
        work(number)
    return time.perf_counter() - start


def _sent(count: int) -> "Iterator[LeadSent]":
    from leadflow.accounts.actors import Actor
    from leadflow.accounts.permissions import SCOPES
    from leadflow.intake.leads import LeadSent
    from leadflow.intake.senders import Sender
    from leadflow.leads.schemas import LeadIn

    sender, body = Sender(Actor("key", "key:benchmark", "benchmark", scopes=SCOPES)), bodies(0)
    for _ in range(count):
        yield LeadSent(LeadIn.model_validate(next(body)), sender)


def bodies(connection: int) -> Iterator[dict[str, object]]:
    """New leads, one after another."""
    from leadflow.leads.schemas import EXAMPLE

    draw = random.Random()
    while True:
        name = f"{connection}.{draw.getrandbits(60):x}"
        yield {**EXAMPLE, "email": f"{name}@company.example.com", "budget": draw.randrange(90_000)}


def _key() -> str:
    from leadflow.accounts.keys import create_key
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        return create_key(session, "benchmark")


def prepare(engine: "Engine", settings: "Settings") -> None:
    """A market to learn rates from, salespeople with room for all, and people who can sign in."""
    from sqlalchemy import text

    from leadflow.accounts.people import add_person
    from leadflow.database.engine import unit_of_work

    fill(engine, settings, 0)
    with engine.begin() as connection:
        connection.execute(text("UPDATE reps SET capacity = 1000000 WHERE capacity IS NOT NULL"))
    with unit_of_work() as session:
        for person in range(PEOPLE):
            name = f"bench{person}"
            add_person(session, name, name, ["marketing_manager"], "benchmark", password=PASSWORD)


def main() -> int:
    """Measure, print and write; 1 if a bound does not hold."""
    from leadflow.settings import get_settings

    console, home = Console(), get_settings().home
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else HTTP_SECONDS
    with own_store() as (engine, settings):
        os.environ["LEADFLOW_LOG_LEVEL"] = "WARNING"
        with console.status("Making a market …"):
            prepare(engine, settings)
        # The use case leaves a hundred thousand entries for the audit chain, which the background
        # would be putting there all through the load.
        rows = over_http(settings, seconds, console) + by_use_case(console)
    return publish("intake", "Taking leads in", rows, home, console)


if __name__ == "__main__":
    sys.exit(main())
