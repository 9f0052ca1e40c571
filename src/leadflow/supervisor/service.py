"""Bringing everything up, keeping it up, and taking down what was started and nothing else."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

from leadflow.database import cluster, embedded
from leadflow.private import UMASK, make_private
from leadflow.settings import Settings
from leadflow.supervisor import state
from leadflow.supervisor.child import GRACE_SECONDS, Child
from leadflow.supervisor.deploying import deploy
from leadflow.supervisor.environment import metrics_folder
from leadflow.supervisor.on_demand import OnDemand
from leadflow.supervisor.ports import check_ports, takes_mail
from leadflow.supervisor.preparing import prepare_aside
from leadflow.supervisor.ready_to_send import check_sending
from leadflow.supervisor.services import (
    Service,
    background,
    gateway,
    mail_server,
    mlflow_server,
    prefect_server,
    warm_worker,
    worker,
)
from leadflow.supervisor.state import State

# Until PostgreSQL is tried again where it did not start.
POSTGRES_SECONDS = 5.0
Say = Callable[[str], None]


class Supervisor:
    """Starts the servers in order, restarts what dies, ends all of it when told to."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self._settings = settings
        self._say = say
        self._children: list[Child] = []
        self._state = State(state.process("supervisor"))
        self._stop = threading.Event()
        self._postgres: int | None = None
        self._waits: OnDemand | None = None
        self._opened = False

    def run(self, on_ready: Callable[[], None]) -> None:
        """Until Ctrl-C or SIGTERM. ``on_ready`` is called once everything can be used.

        Raises:
            PortBusy, SendingNotSet: before anything was started.
            ServiceFailed: a server did not come up at the start; everything is ended first.
        """
        state.end_orphans(self._settings)
        check_ports(self._settings)
        check_sending(self._settings)
        os.umask(UMASK)
        make_private(self._settings.home)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        state.write(self._settings, self._state)
        try:
            self._bring_up()
            if not self._stop.is_set():
                on_ready()
            self._keep_up()
        finally:
            self._take_down()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _bring_up(self) -> None:
        settings = self._settings
        self._look_at_notices()
        self._say("Starting PostgreSQL …")
        cluster.locate(settings)
        for wrong in prepare_aside(settings):
            self._say(f"Without MLflow: {wrong} Leads are scored by the rubric until then.")
        self._postgres = embedded.running_pid(settings.home)
        self._note()
        # Figures of processes that have ended would be counted again.
        shutil.rmtree(metrics_folder(settings), ignore_errors=True)
        self._say("Starting Prefect and the gateway …")
        prefect = self._start(prefect_server(settings))
        api = self._start(gateway(settings))
        self._wait(prefect)
        if self._stop.is_set():
            return
        self._say("Deploying the flows …")
        deploy(settings)
        self._start(worker(settings))
        self._start(warm_worker(settings))
        for number in range(settings.background_processes):
            self._start(background(settings, number + 1))
        if takes_mail(settings):
            self._start(mail_server(settings))
        self._wait(api)
        # Nothing waits for MLflow's pages, so they start when somebody opens them.
        self._waits = OnDemand(
            settings.host, settings.mlflow_port, lambda fd: mlflow_server(settings, fd)
        )
        self._state = replace(self._state, ready=not self._stop.is_set())
        state.write(settings, self._state)

    def _look_at_notices(self) -> None:
        """Say so where an address for notices is set through which none can go."""
        if self._settings.notify_url is None:
            return
        # It takes memory that the supervisor would keep, so only where an address is set.
        from leadflow.integrations.notifications.sending import UNUSABLE, is_usable

        if not is_usable(self._settings):
            self._say(f"No notice will leave: {UNUSABLE} docs/settings.md has one.")

    def _start(self, service: Service) -> Child:
        child = Child(service, self._settings.home / "logs")
        self._children.append(child)
        self._note()
        return child

    def _wait(self, child: Child) -> None:
        """As long as a setting says; a signal ends the wait."""
        child.wait_healthy(self._settings.start_seconds, self._stop.is_set)

    def _keep_up(self) -> None:
        while not self._stop.wait(1.0):
            if self._waits is not None and not self._opened and self._waits.wanted():
                self._opened = True
                self._start(self._waits.service)
            self._revive_postgres()
            for child in self._children:
                hung, news = child.end_if_hung(), child.revive()
                for said in filter(None, (hung, news)):
                    self._say(said)
                    self._note()

    def _revive_postgres(self) -> None:
        """Start PostgreSQL again where it has died, unless a part that needed it was quicker."""
        home = self._settings.home
        found = embedded.running_pid(home)
        if self._settings.database_url is not None or found == self._postgres:
            return
        if found is None:
            try:
                embedded.start(home)
            except embedded.EmbeddedPostgresError as error:
                self._say(f"PostgreSQL had ended and does not start: {error}")
                self._stop.wait(POSTGRES_SECONDS)
                return
        self._postgres = embedded.running_pid(home)
        self._say(f"PostgreSQL had ended and was started again (see {home}/postgres/log).")
        self._note()

    def _note(self) -> None:
        children = [
            state.Running(child.service.name, child.pid, child.created) for child in self._children
        ]
        # Whoever started the embedded server, it is this installation's.
        own = self._settings.database_url is None
        postgres = embedded.running_pid(self._settings.home) if own else None
        if postgres is not None:
            children.insert(0, state.process(state.POSTGRES, postgres))
        self._state = replace(self._state, children=children)
        state.write(self._settings, self._state)

    def _take_down(self) -> None:
        self._say("Ending what was started …")
        if self._waits is not None:
            self._waits.close()
        for child in reversed(self._children):
            child.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in reversed(self._children):
            child.end(deadline)
        if self._settings.database_url is None:
            embedded.stop(self._settings.home)
        state.clear(self._settings)
