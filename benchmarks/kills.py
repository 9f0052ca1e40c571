"""``kill -9`` of each server, again and again, under load: is anything lost, and is it back?

Run it with ``python -m benchmarks.kills [ROUNDS]``. Everything is started in a temporary home, on
ports of its own; a program sends twenty leads a second with an Idempotency-Key each, and sends what
was not answered again, as such programs do.
"""

import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import httpx
import psutil
from rich.console import Console

from benchmarks.flows import everything_up
from benchmarks.rows import Row, publish

if TYPE_CHECKING:
    from leadflow.settings import Settings

ROUNDS, A_SECOND, PATIENCE = 5, 20, 90.0
SERVERS = (
    "gateway",
    "background",
    "worker",
    "warm-worker",
    "mail",
    "prefect",
    "mlflow",
    "postgres",
)
# Between two kills, so that the pauses before a restart are those of a first death.
BETWEEN_SECONDS = 10.0


class Sender:
    """Sends leads until it is stopped; what is not answered, again, with the same key."""

    def __init__(self, address: str, key: str) -> None:
        self._client = httpx.Client(base_url=address, headers={"X-API-Key": key}, timeout=20.0)
        self._stop = threading.Event()
        self.accepted: list[str] = []
        self.again = 0
        self._threads = [
            threading.Thread(target=self._send, args=(number,)) for number in range(A_SECOND)
        ]

    def start(self) -> None:
        """Each thread sends a lead a second."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Once what is under way was answered."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, number: int) -> None:
        time.sleep(number / A_SECOND)
        count = 0
        while not self._stop.is_set():
            count += 1
            email = f"lead-{number}-{count}@example.com"
            self._until_answered(email)
            self._stop.wait(1.0)

    def _until_answered(self, email: str) -> None:
        body = {"email": email, "company_size": 120, "budget": 20_000}
        while True:
            try:
                headers = {"Idempotency-Key": email}
                answer = self._client.post("/leads", json=body, headers=headers)
                if answer.is_success:
                    self.accepted.append(email)
                    return
            except httpx.HTTPError:
                pass
            self.again += 1
            time.sleep(0.2)


def rows(rounds: int, console: Console) -> list[Row]:
    """Kill, wait until it is back, and count in the end."""
    from leadflow.accounts.keys import create_key
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    settings = get_settings()
    with unit_of_work() as session:
        key = create_key(session, "kills", ["lead.create", "lead.read"], [])
    sender = Sender(settings.gateway_url, key)
    sender.start()
    while not _is_of_use(settings, "mlflow"):
        time.sleep(0.1)
    took: dict[str, list[float]] = {server: [] for server in SERVERS}
    try:
        for number in range(rounds):
            for server in SERVERS:
                time.sleep(BETWEEN_SECONDS)
                seconds = _kill(settings, server)
                took[server].append(seconds)
                console.print(f"  round {number + 1}: {server:12} back after {seconds:5.1f} s")
    finally:
        sender.stop()
    return [*_times(took), *_counted(sender)]


def _kill(settings: "Settings", server: str) -> float:
    """Kill a server's process and wait until it is of use again; how many seconds that took."""
    victim = _pid(settings, server)
    begun = time.monotonic()
    psutil.Process(victim).kill()
    # Asked first: MLflow starts when somebody opens it.
    while not (_is_of_use(settings, server) and _pid(settings, server) not in {0, victim}):
        if time.monotonic() - begun > PATIENCE:
            return float("inf")
        time.sleep(0.1)
    return time.monotonic() - begun


def _pid(settings: "Settings", server: str) -> int:
    from leadflow.database import embedded
    from leadflow.supervisor import state

    if server == "postgres":
        return embedded.running_pid(settings.home) or 0
    running = state.running(settings)
    found = [] if running is None else [one for one in running.children if one.name == server]
    return found[0].pid if found and found[0].alive() else 0


def _is_of_use(settings: "Settings", server: str) -> bool:
    """Whether it does what it is there for, as far as others can see."""
    import psycopg

    from leadflow.database import cluster, embedded
    from leadflow.supervisor.child import answers

    if server == "gateway":
        return answers(f"{settings.gateway_url}/health")
    if server == "prefect":
        return answers(f"{settings.prefect_url}/api/health")
    if server == "mlflow":
        return answers(f"{settings.mlflow_url}/health")
    if server == "postgres":
        if embedded.status(settings.home) != "ready":
            return False
        url = cluster.locate(settings).leadflow.set(drivername="postgresql")
        try:
            psycopg.connect(url.render_as_string(hide_password=False), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
    return True


def _times(took: dict[str, list[float]]) -> list[Row]:
    bounds = {"postgres": 10.0}
    return [
        Row(
            f"{server}: back after kill -9, the slowest of {len(seconds)} (median "
            f"{median(seconds):.1f} s)",
            max(seconds),
            "s",
            at_most=bounds.get(server, PATIENCE),
        )
        for server, seconds in took.items()
    ]


def _counted(sender: Sender) -> list[Row]:
    from sqlalchemy import func, select

    from leadflow.database.engine import unit_of_work
    from leadflow.leads.service import email_index_of
    from leadflow.leads.tables import Lead

    with unit_of_work() as session:
        stored = Counter(session.scalars(select(Lead.email_index)))
        leads = session.scalar(select(func.count()).select_from(Lead)) or 0
    lost = [email for email in sender.accepted if not stored[email_index_of(email)]]
    doubled = len(sender.accepted) - len(set(sender.accepted))
    return [
        Row("leads accepted", len(sender.accepted), ""),
        Row("requests sent again", sender.again, ""),
        Row("accepted leads lost", len(lost), "", at_most=0),
        Row(
            "leads stored and never accepted, or twice", leads - len(sender.accepted), "", at_most=0
        ),
        Row("accepted twice", doubled, "", at_most=0),
    ]


def main(rounds: int) -> int:
    """Measure; the exit code is 1 if a bound does not hold."""
    from leadflow.settings import get_settings

    console, target = Console(), get_settings().home
    with (
        tempfile.TemporaryDirectory(prefix="leadflow-bench-") as folder,
        everything_up(Path(folder) / "home"),
    ):
        found = rows(rounds, console)
    title = f"{rounds} rounds of kill -9 of each server, {A_SECOND} leads a second"
    return publish("kills", title, found, target, console)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else ROUNDS))
