"""One run of a flow in a thread of the worker."""

import contextvars
import ctypes
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from prefect import Flow
from prefect._flow_run_suspension import FlowRunSuspensionRequest
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import SyncClientContext
from prefect.flow_engine import FlowRunEngine
from prefect.states import Cancelled
from prefect.utilities.callables import get_call_parameters, parameters_to_args_kwargs

from leadflow.observability.logs import bound

# Time to end in, once a run was told to, and to load a flow in.
GRACE_SECONDS = 10.0
LOAD_SECONDS = 120.0


# Contexts at rest: empty, so that nothing of the worker's own leaks into a run, but for a client,
# which takes more processor time to make than a small run. Each is used by one run at a time.
_places: list[contextvars.Context] = []


class NoTimeOut(TypeError):
    """A flow without a time-out may hang for ever, and would take a place of the worker with it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Give the flow {name} a time-out: @flow(timeout_seconds=…)")


class RunCancelled(BaseException):
    """Raised in the middle of a run that somebody cancelled."""


class _Engine(FlowRunEngine[..., Any]):
    """Prefect's engine, less what only a process of its own needs."""

    @property
    def heartbeat_seconds(self) -> int | None:
        """None: the worker says for all its runs that they live. The engine's own thread would be
        waited for at the end of each run, for up to a second."""
        return None

    @contextmanager
    def setup_flow_run_suspension_request(
        self,
    ) -> Generator[FlowRunSuspensionRequest, None, None]:
        """Without a connection that waits for the run to be suspended, which warm runs never are:
        they would hold a thread while they wait."""
        yield self._get_flow_run_suspension_request()

    def handle_crash(self, exc: BaseException) -> None:
        """A run that was cancelled has not crashed."""
        if not isinstance(exc, RunCancelled):
            super().handle_crash(exc)
            return
        self.logger.info("The run was cancelled.")
        self.set_state(Cancelled(message="Cancelled while it ran."), force=True)


class WarmRun:
    """A flow run in a thread, from its first line to its last."""

    def __init__(
        self, flow_run: FlowRun, load: Callable[[], Flow[..., Any]], ended: Callable[[], object]
    ) -> None:
        """``load`` gives the flow, ``ended`` is called in the thread once it is over."""
        self.flow_run, self.was_cancelled = flow_run, False
        self.state: State | None = None
        self.error: BaseException | None = None
        self._over_at = time.monotonic() + LOAD_SECONDS
        self._load, self._ended = load, ended
        self._lock, self._inside = threading.Lock(), True
        name = f"run {flow_run.name}"
        # A daemon, so that one that hangs does not keep the process from ending.
        self._thread = threading.Thread(target=self._body, name=name, daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def seconds_left(self) -> float:
        """How long it may go on before it counts as stuck."""
        return self._over_at - time.monotonic()

    def cancel(self) -> None:
        """Have ``RunCancelled`` raised in it, at its next step in Python."""
        with self._lock:
            if not self._inside or self.was_cancelled or self._thread.ident is None:
                return
            self.was_cancelled = True
            self._over_at = time.monotonic() + GRACE_SECONDS
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread.ident), ctypes.py_object(RunCancelled)
            )

    def _body(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error
        finally:
            self._ended()

    def _work(self) -> None:
        try:
            place = _take_place()
            place.copy().run(self._run)
            # Only if nothing broke in: a run that was cancelled may have left its client half open.
            _places.append(place)
        finally:
            with self._lock:
                self._inside = False

    def _run(self) -> None:
        flow = self._load()
        if flow.timeout_seconds is None:
            raise NoTimeOut(flow.name)
        attempts = 1 + (flow.retries or 0)
        with self._lock:
            if not self.was_cancelled:
                left = attempts * flow.timeout_seconds + GRACE_SECONDS
                self._over_at = time.monotonic() + left
        args, kwargs = parameters_to_args_kwargs(flow.fn, self.flow_run.parameters)
        parameters = get_call_parameters(flow.fn, args, kwargs)
        engine = _Engine(flow=flow, parameters=parameters, flow_run=self.flow_run)
        with bound(flow_run_id=str(self.flow_run.id)), engine.start():
            while engine.is_running():
                with engine.run_context():
                    engine.call_flow_fn()
        self.state = engine.state


def _take_place() -> contextvars.Context:
    try:
        return _places.pop()
    except IndexError:
        place = contextvars.Context()
        place.run(lambda: SyncClientContext().__enter__())
        return place
