"""How quickly the audit log is written by many at once, and how quickly all of it is verified.

Run it with ``python -m benchmarks.audit``. The store is an embedded PostgreSQL in a temporary home;
writers are processes of their own.
"""

import json
import os
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.rows import Row, publish

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from leadflow.settings import Settings

PROCESSES, EACH, AT_ONCE = 8, 10_000, 100
LONG_LOG, SWEEP = 1_000_000, 10_000
SECONDS_ALONE = 10.0


def rows(console: Console) -> list[Row]:
    """Writers at once, in batches and one by one; one sweep's entries; verifying a long log."""
    from benchmarks.own_store import own_store

    with own_store() as (engine, settings):
        with console.status(f"{PROCESSES} processes write {EACH:,} rows each …"):
            measured = [_in_batches()]
        with console.status(f"{PROCESSES} processes write row by row …"):
            measured += _one_by_one(engine)
        measured.append(_sweep())
        with console.status(f"Writing and verifying {LONG_LOG:,} rows …"):
            measured += _verified(engine, settings)
    return measured


def write(way: str, writer: int) -> None:
    """The process of one writer; prints how many rows it wrote, from when until when."""
    from leadflow.audit import service as audit
    from leadflow.database.engine import get_engine, unit_of_work

    get_engine().connect().close()
    sys.stdin.readline()  # all start together
    start, done = time.time(), 0
    while done < EACH if way == "batches" else time.time() - start < SECONDS_ALONE:
        if way == "peer":
            _write_unchained(done)
            done += 1
            continue
        with unit_of_work() as session:
            if way == "batches":
                done += audit.record_many(session, _entries(writer, done, AT_ONCE))
            else:
                audit.record(session, f"writer/{writer}", "did", f"lead/lead_{done:012x}", {"n": 1})
                done += 1
    print(json.dumps({"rows": done, "from": start, "until": time.time()}))


def verify() -> None:
    """The process that verifies; prints what it found and what it took."""
    from leadflow.audit import verification

    _keep_to_one_core(os.getpid())
    start, cpu = time.perf_counter(), time.process_time()
    with verification.snapshot() as session:
        report = verification.verify(session)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mebibytes = largest / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    sound = report.broken is None
    found = {"rows": report.rows, "sound": sound, "seconds": seconds, "cpu": cpu}
    print(json.dumps(found | {"mebibytes": mebibytes}))


def _entries(writer: int, first: int, count: int) -> list[Any]:
    from leadflow.audit.entries import Entry

    return [
        Entry(
            f"writer/{writer}",
            "lead.assigned",
            f"lead/lead_{number:012x}",
            {"rep": f"rep_{number % 100:012x}", "score": number / 7, "rule": "enterprise"},
            after={"rep": f"rep_{number % 100:012x}"},
            origin="assign_leads",
            request_id=f"run-{writer}",
        )
        for number in range(first, first + count)
    ]


def _at_once(way: str) -> tuple[int, float]:
    """Rows written by all writers together, and seconds from the first start to the last end."""
    words = [sys.executable, "-m", "benchmarks.audit", "write", way]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen([*words, str(number)], **pipes) for number in range(PROCESSES)]
    time.sleep(8.0)  # until all of them wait for the start
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    told = [json.loads(writer.communicate()[0].splitlines()[-1]) for writer in writers]
    seconds = max(one["until"] for one in told) - min(one["from"] for one in told)
    return sum(one["rows"] for one in told), seconds


def _in_batches() -> Row:
    """One chain by many processes, many rows a transaction."""
    written, seconds = _at_once("batches")
    _must_be_sound(written)
    name = f"{PROCESSES} processes x {EACH:,} rows, {AT_ONCE} a transaction: one sound chain"
    return Row(name, written / seconds, "rows/s")


def _one_by_one(engine: "Engine") -> list[Row]:
    """The same with a transaction for each row, beside a table without a chain."""
    from sqlalchemy import text

    with engine.begin() as connection:
        before = connection.execute(text("SELECT count(*) FROM audit_log")).scalar_one()
        connection.execute(
            text("CREATE TABLE unchained (at timestamptz, actor text, detail jsonb)")
        )
        connection.execute(text("GRANT INSERT ON unchained TO PUBLIC"))
    written, seconds = _at_once("single")
    _must_be_sound(before + written)
    unchained, took = _at_once("peer")
    peer = "an INSERT without a chain, its rows independent of each other"
    name = f"{PROCESSES} processes, one row a transaction: one sound chain"
    return [Row(name, written / seconds, "rows/s", peer=peer, peer_value=unchained / took)]


def _write_unchained(number: int) -> None:
    from sqlalchemy import text

    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        statement = "INSERT INTO unchained VALUES (now(), :actor, CAST(:detail AS jsonb))"
        session.execute(text(statement), {"actor": f"lead/{number}", "detail": '{"n": 1}'})


def _sweep() -> Row:
    """The entries of one sweep over ten thousand leads, committed."""
    from leadflow.audit import service as audit
    from leadflow.database.engine import unit_of_work

    made = _entries(0, 0, SWEEP)
    start = time.perf_counter()
    with unit_of_work() as session:
        audit.record_many(session, made)
    seconds = time.perf_counter() - start
    return Row(f"{SWEEP:,} entries of one sweep, written", seconds, "s", at_most=1.0)


def _verified(engine: "Engine", settings: "Settings") -> list[Row]:
    """Bring the log to a million rows and verify all of it, the server on the same core."""
    from sqlalchemy import text

    from leadflow.audit import service as audit
    from leadflow.database import embedded
    from leadflow.database.engine import unit_of_work

    with engine.begin() as connection:
        there = connection.execute(text("SELECT count(*) FROM audit_log")).scalar_one()
    while there < LONG_LOG:
        count = min(SWEEP, LONG_LOG - there)
        with unit_of_work() as session:
            there += audit.record_many(session, _entries(0, there, count))
    _keep_to_one_core(embedded.running_pid(settings.home) or 0)  # its new processes inherit it
    found = _must_be_sound(LONG_LOG)
    return [
        Row(
            f"{LONG_LOG:,} rows verified, the server on the same core",
            found["seconds"],
            "s",
            at_most=60.0,
        ),
        Row("its own processor time, without the server's", found["cpu"], "s"),
        Row("its memory, most held", found["mebibytes"], "MiB", at_most=512.0),
    ]


def _keep_to_one_core(pid: int) -> None:
    """Where the system can: elsewhere the verifier has one core, and the server another."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, {min(os.sched_getaffinity(pid))})


def _must_be_sound(expected: int) -> dict[str, Any]:
    words = [sys.executable, "-m", "benchmarks.audit", "verify"]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["sound"], "The chain is broken."
    assert found["rows"] == expected, f"{found['rows']:,} rows instead of {expected:,}"
    return found


def main() -> int:
    """Measure; the exit code is 1 if a bound does not hold."""
    from leadflow.settings import get_settings

    console, home = Console(), get_settings().home
    return publish("audit", "The audit log", rows(console), home, console)


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:] == ["verify"]:
        verify()
    else:
        sys.exit(main())
