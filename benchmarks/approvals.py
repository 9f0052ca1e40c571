"""What gates promise: nothing passes without a valid decision, how soon they are seen and what was
decided is done, and that a hundred of them outlive servers that are killed.

Run it with ``python -m benchmarks.approvals``; ``--quick`` kills fewer servers. The store is an
embedded PostgreSQL in a temporary home; Prefect, its worker and the gateway are real.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import httpx
from rich.console import Console
from sqlalchemy import func, select

from benchmarks.rows import Row, publish

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from leadflow.approvals.tables import Approval
    from leadflow.settings import Settings

ATTEMPTS, GATES, KILLS, EACH = 10_000, 100, 20, 3
IN_PREFECT = 10
PATIENCE = 1500.0
PASSWORD = "correct horse battery"  # noqa: S105


def rows(console: Console, gates: int = GATES, kills: int = KILLS) -> list[Row]:
    """Attempts, delays of the doors, gates through restarts."""
    from benchmarks.own_store import own_store
    from tests.servers import free_port

    with own_store() as (engine, settings):
        for port in ("prefect_port", "gateway_port", "smtp_port"):
            setattr(settings, port, free_port())
        with console.status(f"{ATTEMPTS:,} attempts to pass a gate …"):
            measured = [_attempts(engine)]
        with servers(settings) as running:
            world = World(settings)
            with console.status("The doors …"):
                measured += _doors(world)
            measured += _through_restarts(world, running, gates, kills, console)
    return measured


def _attempts(engine: "Engine") -> Row:
    from hypothesis import HealthCheck, Phase, given
    from hypothesis import settings as how

    from benchmarks.gate_attempts import plans, run_plan

    tried = 0

    @how(
        max_examples=ATTEMPTS,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(plans)
    def attempt(plan: tuple[int, bool, list[tuple[str, str, str]]]) -> None:
        nonlocal tried
        if tried < ATTEMPTS:
            tried += run_plan(engine, plan)

    wrong = 0
    try:
        attempt()
    except AssertionError:
        # Hypothesis ends at the first one, and has printed the attempts that led to it.
        wrong = 1
    return Row(f"effects without a valid decision, of {tried:,} attempts", wrong, "", at_most=0)


class Servers:
    """Prefect, its worker and the gateway, each of which can be killed and started again."""

    def __init__(self, settings: "Settings") -> None:
        from leadflow.supervisor import services
        from leadflow.supervisor.child import Child
        from leadflow.supervisor.deploying import deploy

        self._settings, self._child = settings, Child
        self._makers = {
            "prefect": services.prefect_server,
            "worker": services.worker,
            "gateway": services.gateway,
            "mail": services.mail_server,
        }
        self.running: dict[str, Child] = {}
        self.start("prefect")
        deploy(settings)
        for name in ("worker", "gateway", "mail"):
            self.start(name)

    def start(self, name: str) -> None:
        """Start it, and wait until it answers."""
        child = self._child(self._makers[name](self._settings), self._settings.home / "logs")
        self.running[name] = child
        child.wait_healthy(120)

    def kill(self, name: str) -> None:
        """Without a word, and all that it has started."""
        import signal

        from leadflow.supervisor.child import signal_group

        signal_group(self.running[name].pid, signal.SIGKILL)
        self.running[name].end(time.monotonic() + 10)

    def end(self) -> None:
        """End all of them."""
        for child in self.running.values():
            child.terminate()
        for child in self.running.values():
            child.end(time.monotonic() + 10)


@contextmanager
def servers(settings: "Settings") -> Iterator[Servers]:
    """The servers, until the end of the block."""
    running = Servers(settings)
    try:
        yield running
    finally:
        running.end()


class World:
    """People, leads and questions about them; over HTTP where people would."""

    def __init__(self, settings: "Settings") -> None:
        from leadflow.accounts.people import add_person
        from leadflow.composition import compose
        from leadflow.database.engine import unit_of_work
        from leadflow.integrations.prefect import PrefectClient

        compose()
        self.settings, self.prefect = settings, PrefectClient(settings)
        with unit_of_work() as session:
            for name, role in (("mark", "marketing_manager"), ("mary", "sales_manager")):
                add_person(session, name, name, [role], "bench", password=PASSWORD)
        self.http = httpx.Client(base_url=settings.gateway_url, timeout=30.0)
        signed = self.http.post("/session", json={"username": "mary", "password": PASSWORD})
        signed.raise_for_status()
        self.http.cookies.clear()
        self.http.headers["Authorization"] = f"Bearer {signed.json()['token']}"

    def ask(self) -> str:
        """A score override of a new lead that waits for a manager; the approval's id."""
        from leadflow.accounts.delegation import Requester
        from leadflow.accounts.people import find_person
        from leadflow.database.engine import unit_of_work
        from leadflow.leads.tables import Lead
        from leadflow.scoring.overrides.schemas import OverrideIn
        from leadflow.scoring.overrides.service import override
        from leadflow.scoring.serving.score import score_lead
        from models.rubric import Rubric

        now = datetime.now(UTC)
        with unit_of_work() as session:
            lead = Lead(source="bench", known_from=now)
            session.add(lead)
            session.flush()
            score = score_lead(session, Rubric.load(), lead.id, now, self.settings)
            mark = find_person(session, "mark")
            said = OverrideIn(new_score=95 if score.total_score < 60 else 5, reason="bench")
            by = Requester(mark.id, frozenset(mark.roles), mark.id)
            made = override(session, lead.id, said, by, now, self.settings)
            assert made.approval_id is not None
            return made.approval_id

    def decide(self, approval_id: str) -> None:
        """Over the API, as mary."""
        said = {"decision": "approve", "reason": "bench"}
        self.http.post(f"/approvals/{approval_id}/decision", json=said).raise_for_status()

    def answer(self, approval_id: str) -> None:
        """In Prefect's form, as mary, with a one-time code."""
        code = self.http.post(f"/approvals/{approval_id}/code").json()["code"]
        form = {"decision": "approve", "approver": "mary", "code": code, "reason": "bench"}
        self.prefect.resume(str(self.run_of(approval_id)), form)

    def listed(self, approval_id: str) -> bool:
        """Whether the API lists it."""
        found = self.http.get("/approvals", params={"limit": 1000}).json()["items"]
        return any(one["id"] == approval_id for one in found)

    def run_of(self, approval_id: str) -> str | None:
        """Its run in Prefect."""
        return self._row(approval_id).flow_run_id

    def shown(self, approval_id: str) -> bool:
        """Whether Prefect shows its form."""
        run_id = self.run_of(approval_id)
        return run_id is not None and self.prefect.state(run_id) == "Suspended"

    def done(self, approval_id: str) -> bool:
        """Whether what was approved has been carried out."""
        return self._row(approval_id).carried_out_at is not None

    def _row(self, approval_id: str) -> "Approval":
        from leadflow.approvals.service import get
        from leadflow.database.engine import unit_of_work

        with unit_of_work() as session:
            return get(session, approval_id)


def _doors(world: World) -> list[Row]:
    listed, shown, by_api, in_prefect = [], [], [], []
    for _ in range(EACH):
        first = world.ask()
        listed.append(_until(partial(world.listed, first)))
        shown.append(_until(partial(world.shown, first)))
        world.decide(first)
        by_api.append(_until(partial(world.done, first)))
        second = world.ask()
        _until(partial(world.shown, second))
        world.answer(second)
        in_prefect.append(_until(partial(world.done, second)))
    return [
        Row("gate opened, in the API, slowest", max(listed), "s", at_most=1),
        Row("gate opened, in Prefect, slowest", max(shown), "s", at_most=30),
        Row("decided in the API, done, slowest", max(by_api), "s", at_most=2),
        Row("decided in Prefect, done, slowest", max(in_prefect), "s", at_most=30),
    ]


def _through_restarts(
    world: World, running: Servers, gates: int, kills: int, console: Console
) -> list[Row]:
    with console.status(f"{gates} gates, {kills} times a server or the worker is killed …"):
        asked = [world.ask() for _ in range(gates)]
        start = time.perf_counter()
        for number in range(kills):
            name = ("prefect", "worker")[number % 2]
            running.kill(name)
            running.start(name)
            time.sleep(2)
    with console.status("Every gate is shown in Prefect again …"):
        _until(lambda: _reopened(world, asked), PATIENCE, pause=10)
        seconds = time.perf_counter() - start
    with console.status("All are decided, some of them in Prefect …"):
        for approval_id in asked[IN_PREFECT:]:
            world.decide(approval_id)
        for approval_id in asked[:IN_PREFECT]:
            world.answer(approval_id)
        _until(lambda: all(map(world.done, asked)), PATIENCE, pause=1)
    applied, twice = _applied(asked)
    return [
        Row(f"of {gates} gates decidable after {kills} kills", len(asked), "", at_least=gates),
        Row("their acts done", applied, "", at_least=gates, at_most=None),
        Row("done more than once", twice, "", at_most=0),
        Row("from asking until all were shown in Prefect", seconds, "s"),
    ]


def _reopened(world: World, asked: list[str]) -> bool:
    """Whether every gate is shown; those that were lost are opened again, as the flow
    ``escalate_waiting`` does every five minutes."""
    from tasks.pending_approvals import reopen_gates

    try:
        reopen_gates.fn()
        return all(map(world.shown, asked))
    except Exception:
        return False


def _applied(asked: list[str]) -> tuple[int, int]:
    """How many acts were done, and how many of them more than once, by the audit log."""
    from leadflow.audit.tables import AuditEntry
    from leadflow.database.engine import unit_of_work

    counted = (
        select(AuditEntry.subject, func.count().label("times"))
        .where(AuditEntry.action == "approval.carried_out", AuditEntry.subject.in_(asked))
        .group_by(AuditEntry.subject)
    )
    with unit_of_work() as session:
        times = [row.times for row in session.execute(counted)]
    return len(times), sum(one > 1 for one in times)


def _until(condition: Callable[[], bool], patience: float = 90.0, pause: float = 0.02) -> float:
    """Seconds until it holds."""
    start = time.perf_counter()
    while not condition():
        if time.perf_counter() - start > patience:
            raise TimeoutError("It did not happen in time.")
        time.sleep(pause)
    return time.perf_counter() - start


def main() -> int:
    """Measure; the exit code is 1 if a bound does not hold."""
    from leadflow.settings import get_settings

    console, home = Console(), get_settings().home
    quick = "--quick" in sys.argv
    found = rows(console, 8, 2) if quick else rows(console)
    return publish("approvals", "Gates", found, home, console)


if __name__ == "__main__":
    sys.exit(main())
