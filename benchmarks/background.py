"""Fifty times ``kill -9`` of the background process under load: what is lost, what happens twice?

Run it with ``python -m benchmarks.background``. The store is an embedded PostgreSQL in a temporary
home, mail goes to a real SMTP server, decisions are carried out on real approvals. Prefect is stood
in for by a server that starts one run a key, as Prefect does.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.prefect_stand_in import PrefectStandIn
from benchmarks.rows import Row, publish

if TYPE_CHECKING:
    from collections.abc import Callable

    from leadflow.approvals.tables import Approval
    from leadflow.settings import Settings

KILLS, LEASE_SECONDS, SETTLE_SECONDS = 50, 10.0, 900.0
NOTICES, STARTS, DECISIONS = 20, 20, 10


def rows(console: Console, kills: int = KILLS) -> list[Row]:
    """Kill, start again, let everything come to its end, and count."""
    from benchmarks.own_store import own_store
    from leadflow.integrations.notifications.mailbox import serve
    from tests.servers import free_port

    with own_store() as (_, found), PrefectStandIn(free_port()) as prefect:
        ports = {"prefect_port": prefect.port, "smtp_port": free_port()}
        settings = found.model_copy(update=ports | {"outbox_lease_seconds": LEASE_SECONDS})
        mail = serve(settings)
        try:
            load = Load()
            with console.status(f"{kills} times kill -9 of the background process …") as status:
                begun = _kill_again_and_again(settings, load, kills, status.update)
            with console.status("Letting everything come to its end …"):
                took = _settle(settings)
            return [*load.counted(settings, prefect), *_figures(kills, begun, took)]
        finally:
            mail.stop()


class Load:
    """Notices, flow starts and decisions that are written while processes die."""

    def __init__(self) -> None:
        from leadflow.assignment.tables import Rep
        from leadflow.database.engine import unit_of_work

        self.round, self.starts, self.notices = 0, list[str](), 0
        self.approvals: list[str] = []
        with unit_of_work() as session:
            rep = Rep(external_id="ann", name="Ann", email="ann@example.com", capacity=1)
            session.add(rep)
            session.flush()
            self.rep_id = rep.id

    def add(self) -> None:
        """As much as a process has to do for a few seconds."""
        from leadflow.assignment.notices import Notice, tell
        from leadflow.database.engine import unit_of_work
        from leadflow.outbox.service import enqueue_many

        self.round += 1
        occasions = [f"{self.round}/{number}" for number in range(NOTICES)]
        keys = [f"run {self.round}/{number}" for number in range(STARTS)]
        start = {"deployment": "assign_leads", "parameters": {}}
        with unit_of_work() as session:
            tell(
                session, [Notice("rule", self.rep_id, "rep", ["lead_1"], one) for one in occasions]
            )
            enqueue_many(session, "start_flow_run", [(key, start | {"key": key}) for key in keys])
            decided = [self._approved(f"{self.round}/{number}") for number in range(DECISIONS)]
            session.add_all(decided)
            session.flush()
            acts = [(f"approval:{one.id}", {"approval_id": one.id}) for one in decided]
            enqueue_many(session, "forget_reasons", acts)
        self.notices, self.starts = self.notices + NOTICES, self.starts + keys
        self.approvals += [one.id for one in decided]

    def _approved(self, subject: str) -> "Approval":
        """An approval that was given, of forgetting nothing; carried out like any other."""
        from leadflow.approvals.subject import content_hash
        from leadflow.approvals.tables import Approval
        from leadflow.database.engine import unit_of_work

        with unit_of_work() as session:
            fixed = content_hash(session, "data_erasure", subject, {})
        now = datetime.now(UTC)
        return Approval(
            kind="data_erasure",
            subject_id=subject,
            content_hash=fixed,
            act="forget_reasons",
            payload={},
            description="#",
            asked_why="bench",
            status="approved",
            requested_by="bench",
            asked_by="bench",
            requested_at=now,
            policy="bench",
            facts={},
            levels=[],
            roles_now=[],
            hours=1.0,
            due_at=now,
            escalate_to=[],
            at_end="reject",
            decided_by="somebody",
            decided_at=now,
        )

    def counted(self, settings: "Settings", prefect: PrefectStandIn) -> list[Row]:
        """What was lost, missed and done twice; none of it may be."""
        from sqlalchemy import func, select

        from leadflow.approvals.tables import ApprovalStep
        from leadflow.database.engine import unit_of_work
        from leadflow.outbox.tables import OutboxRow

        with unit_of_work() as session:
            ended = Counter(session.scalars(select(OutboxRow.status)))
            settled = session.scalar(select(func.count()).where(OutboxRow.settled_by.is_not(None)))
            carried = Counter(
                session.scalars(
                    select(ApprovalStep.approval_id).where(ApprovalStep.kind == "carried_out")
                )
            )
        total = self.notices + len(self.starts) + len(self.approvals)
        mails = _mails(settings)
        missed = len(set(self.starts) - prefect.started) + len(set(self.approvals) - set(carried))
        twice = sum(number - 1 for number in mails.values())
        return [
            Row("acts written", total, ""),
            Row("acts lost (not done in the end)", total - ended["done"], "", at_most=0),
            Row("repeatable acts missed", missed, "", at_most=0),
            Row("notices that never came", self.notices - len(mails), "", at_most=0),
            Row("notices twice", twice, "", at_most=0),
            Row("decisions carried out twice", carried.total() - len(carried), "", at_most=0),
            Row("uncertain notices settled by the reconciler", settled or 0, ""),
            Row("runs asked for again under the same key", prefect.asked_again, ""),
        ]


def _mails(settings: "Settings") -> "Counter[str]":
    """How often each mail lies in the mailbox, by its Message-ID."""
    from leadflow.integrations.notifications.mailbox import folder_of

    found: Counter[str] = Counter()
    for path in folder_of(settings).glob("*.eml"):
        lines = path.read_text().splitlines()
        found[next(line for line in lines if line.startswith("Message-ID:"))] += 1
    return found


def _kill_again_and_again(
    settings: "Settings", load: Load, kills: int, say: "Callable[[str], None]"
) -> int:
    """How many processes were killed while they held a claim that they had begun."""
    chance, begun = random.Random(7), 0
    for number in range(kills):
        load.add()
        process = _start(settings)
        try:
            _wait_until_at_work(process)
            time.sleep(chance.uniform(0.0, 0.4))
        finally:
            process.kill()
            process.wait()
        begun += _held(process.pid)
        say(f"{number + 1} of {kills} processes killed …")
    return begun


def _start(settings: "Settings") -> "subprocess.Popen[bytes]":
    from leadflow.supervisor.environment import environment

    command = [sys.executable, "-m", "leadflow.background.main"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        command, env=os.environ | environment(settings), stdout=quiet, stderr=quiet
    )


def _wait_until_at_work(process: "subprocess.Popen[bytes]") -> None:
    from sqlalchemy import func, select

    from leadflow.database.engine import unit_of_work
    from leadflow.outbox.tables import OutboxRow

    deadline = time.monotonic() + 90
    took = select(func.count()).where(OutboxRow.claimed_by.endswith(f":{process.pid}"))
    while time.monotonic() < deadline:
        with unit_of_work() as session:
            if session.scalar(took):
                return
        time.sleep(0.02)
    raise TimeoutError("The background process took nothing.")


def _held(pid: int) -> int:
    """Whether the process died with an act begun."""
    from sqlalchemy import func, select

    from leadflow.database.engine import unit_of_work
    from leadflow.outbox.tables import OutboxRow

    held = select(func.count()).where(
        OutboxRow.claimed_by.endswith(f":{pid}"),
        OutboxRow.status == "claimed",
        OutboxRow.begun_at.is_not(None),
    )
    with unit_of_work() as session:
        return int(bool(session.scalar(held)))


def _settle(settings: "Settings") -> float:
    """Let a last process work until nothing is open any more; how long that took, in seconds."""
    from sqlalchemy import func, select

    from leadflow.database.engine import unit_of_work
    from leadflow.outbox.tables import OutboxRow

    started, process = time.monotonic(), _start(settings)
    unfinished = select(func.count()).where(
        OutboxRow.status.in_(("waiting", "claimed", "uncertain"))
    )
    try:
        while time.monotonic() < started + SETTLE_SECONDS:
            with unit_of_work() as session:
                if not session.scalar(unfinished):
                    break
            time.sleep(0.5)
    finally:
        process.terminate()
        process.wait(30)
    return time.monotonic() - started


def _figures(kills: int, begun: int, took: float) -> list[Row]:
    return [
        Row("processes killed", kills, ""),
        Row("of them with an act begun", begun, ""),
        Row("until everything had ended, after the last kill", took, "s"),
    ]


def main(kills: int = KILLS) -> int:
    """Measure; the exit code is 1 if a bound does not hold."""
    from leadflow.settings import get_settings

    console, home = Console(), get_settings().home
    title = "kill -9 of the background process"
    return publish("background", title, rows(console, kills), home, console)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
