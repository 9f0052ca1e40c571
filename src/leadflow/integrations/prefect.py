"""Asking the Prefect server for flow runs, over its REST API and nothing else of Prefect."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx

from leadflow.observability.spans import span
from leadflow.observability.trace_context import traceparent
from leadflow.outbox.acts import ReceiverAway
from leadflow.secret import server_sign_in
from leadflow.settings import Settings

# Where Prefect looks for the trace that a run belongs to.
TRACE_LABEL = "__OTEL_TRACEPARENT"
TIMEOUT = httpx.Timeout(20.0, connect=5.0)


class PrefectUnavailable(RuntimeError):
    """The Prefect server did not answer, or does not know the deployment."""


class PrefectAway(PrefectUnavailable, ReceiverAway):
    """No connection to the Prefect server comes about, so that it was asked nothing."""


class NoDeployment(PrefectUnavailable):
    """Prefect knows no deployment of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Prefect has no deployment {name}/{name}. The rule or source that starts it names "
            "another than is there: the Prefect UI lists them under Deployments."
        )


class ParametersRefused(RuntimeError):
    """The flow takes no parameters of these names, or needs others."""

    def __init__(self, deployment: str, unknown: Sequence[str], takes: Sequence[str]) -> None:
        super().__init__(
            f"{deployment} takes no {' or '.join(unknown)}; it takes {', '.join(takes) or 'none'}. "
            "Correct the rule or source that starts it."
        )


class ResumeRefused(RuntimeError):
    """Prefect did not take the answer; the message is its reason."""


class PrefectClient:
    """A small client on ``{settings.prefect_url}/api``."""

    def __init__(self, settings: Settings) -> None:
        self._http = _connections(
            f"{settings.prefect_url}/api", server_sign_in(settings, "prefect")
        )

    def healthy(self) -> bool:
        """Whether the server answers."""
        try:
            return self._http.get("/health", timeout=2.0).status_code == 200
        except httpx.HTTPError:
            return False

    def start_run(
        self, deployment: str, parameters: dict[str, Any], key: str, tags: Sequence[str] = ()
    ) -> str:
        """Start a run of the deployment (flow and deployment share a name); returns its id.

        The same key starts one run, however often it is asked for. ``tags`` say why it runs.

        Raises:
            PrefectUnavailable: no server, or no such deployment (``NoDeployment``).
            ParametersRefused: its flow takes no parameters of these names; a run would crash.
        """
        known = self._deployment(deployment)
        # Of a deployment that somebody made without a schema nobody can tell.
        takes: dict[str, Any] | None = (known.get("parameter_openapi_schema") or {}).get(
            "properties"
        )
        if takes is not None and (unknown := sorted(set(parameters) - set(takes))):
            raise ParametersRefused(deployment, unknown, sorted(takes))
        wanted = {"parameters": parameters, "idempotency_key": key, "state": {"type": "SCHEDULED"}}
        if tags:
            wanted["tags"] = list(tags)
        trace = traceparent()
        if trace is not None:
            wanted["labels"] = {TRACE_LABEL: trace}
        run = self._call("POST", f"/deployments/{known['id']}/create_flow_run", wanted)
        return str(run["id"])

    def _deployment(self, name: str) -> dict[str, Any]:
        try:
            return self._call(
                "GET", f"/deployments/name/{quote(name, safe='')}/{quote(name, safe='')}"
            )
        except PrefectUnavailable as error:
            answered = error.__cause__
            if isinstance(answered, httpx.HTTPStatusError) and answered.response.status_code == 404:
                raise NoDeployment(name) from error
            raise

    def emit(
        self,
        event: str,
        resource: str,
        payload: dict[str, Any],
        own_id: str,
        at: datetime,
        follows: str | None = None,
    ) -> None:
        """Emit an event, which automations may react to; the same id is one event. ``follows``: the
        id of the one that it came after, whichever of them arrives first."""
        told = {
            "id": own_id,
            "event": event,
            "occurred": at.isoformat(),
            "resource": {"prefect.resource.id": resource},
            "payload": payload,
        }
        if follows is not None:
            told["follows"] = follows
        self._ask("POST", "/events", [told])

    def state(self, run_id: str) -> str:
        """The name of the run's state, for instance ``Suspended`` or ``Completed``."""
        return str(self._call("GET", f"/flow_runs/{run_id}")["state"]["name"])

    def resume(self, run_id: str, answer: dict[str, Any]) -> None:
        """Answer a run that waits for input.

        Raises:
            ResumeRefused: the run does not wait, or the answer does not fit its form.
        """
        try:
            result = self._call("POST", f"/flow_runs/{run_id}/resume", {"run_input": answer})
        except PrefectUnavailable as error:
            raise ResumeRefused(str(error)) from error
        if result["status"] != "ACCEPT":
            raise ResumeRefused(str(result.get("details", {}).get("reason") or result["status"]))

    def start_lost_again(self, pool: str, now: datetime, patience: timedelta) -> list[str]:
        """Runs that a worker took and never started, because it was killed, are scheduled anew;
        their ids. Prefect leaves them pending for ever, and each holds a place of the pool: as many
        of them as it has places, and nothing runs any more."""
        lost = self._since_before(pool, "PENDING", now - patience)
        for run_id in lost:
            state = {
                "type": "SCHEDULED",
                "name": "AwaitingRetry",
                "message": "The worker that took it was lost.",
                "state_details": {"scheduled_time": now.isoformat()},
            }
            self._set_state(run_id, state)
        return lost

    def end_silent(self, pool: str, now: datetime, patience: timedelta) -> list[str]:
        """Runs that began and have not been heard of since, because their process was killed, are
        ended as crashed; their ids. Prefect leaves them running for ever, each on a place of the
        pool. A process at work sends a heartbeat (``PREFECT_FLOWS_HEARTBEAT_FREQUENCY``); patience
        must be several times as long."""
        silent = [
            run_id
            for run_id in self._since_before(pool, "RUNNING", now - patience)
            if not self._heard_of(run_id, now - patience)
        ]
        for run_id in silent:
            message = "Its process was lost: no heartbeat came any more."
            self._set_state(run_id, {"type": "CRASHED", "name": "Crashed", "message": message})
        return silent

    def end_cancelling(self, pool: str, now: datetime, patience: timedelta) -> list[str]:
        """Runs that somebody cancelled and that nobody ended, because their worker was away, are
        ended as cancelled; their ids. Each holds a place of the pool until then."""
        stuck = self._since_before(pool, "CANCELLING", now - patience)
        for run_id in stuck:
            message = "It was cancelled, and its worker was lost."
            state = {"type": "CANCELLED", "name": "Cancelled", "message": message}
            self._set_state(run_id, state)
        return stuck

    def _since_before(self, pool: str, state: str, moment: datetime) -> list[str]:
        """The pool's runs that have been in this type of state since before the moment."""
        wanted = {
            "work_pools": {"name": {"any_": [pool]}},
            "flow_runs": {"state": {"type": {"any_": [state]}}},
            "limit": 200,
        }
        return [
            str(run["id"])
            for run in self._many("/flow_runs/filter", wanted)
            if datetime.fromisoformat(run["state"]["timestamp"]) < moment
        ]

    def _heard_of(self, run_id: str, since: datetime) -> bool:
        wanted = {
            "filter": {
                "event": {"name": ["prefect.flow-run.heartbeat"]},
                "occurred": {"since": since.isoformat()},
                "resource": {"id": [f"prefect.flow-run.{run_id}"]},
            },
            "limit": 1,
        }
        return bool(self._call("POST", "/events/filter", wanted)["events"])

    def _set_state(self, run_id: str, state: dict[str, Any]) -> None:
        self._call("POST", f"/flow_runs/{run_id}/set_state", {"state": state, "force": True})

    def end(self, run_id: str, message: str) -> None:
        """End a run that waits, as completed."""
        state = {"type": "COMPLETED", "name": "Completed", "message": message}
        self._set_state(run_id, state)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = self._ask(method, path, body)
        return answer

    def _many(self, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self._ask("POST", path, body)
        return answer

    def _ask(self, method: str, path: str, body: Any) -> Any:
        try:
            response = self._request(method, path, body)
            response.raise_for_status()
        except httpx.HTTPStatusError as error:
            raise PrefectUnavailable(
                f"Prefect answered {error.response.status_code} to {method} {path}: "
                f"{error.response.text[:300]}"
            ) from error
        except httpx.HTTPError as error:
            away = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            raise (PrefectAway if away else PrefectUnavailable)(
                f"The Prefect server at {self._http.base_url} does not answer "
                f"({type(error).__name__}). Start it with: leadflow up"
            ) from error
        return response.json() if response.content else None

    def _request(self, method: str, path: str, body: Any) -> httpx.Response:
        with span("prefect", "call", {"http.request.method": method}) as call:
            trace = traceparent()
            headers = {} if trace is None else {"traceparent": trace}
            response = self._http.request(method, path, json=body, headers=headers)
            call.set_attribute("http.response.status_code", response.status_code)
            return response


def signed_in(settings: Settings) -> httpx.Client:
    """A client of its own on Prefect's API, for whoever closes it again."""
    return _client(f"{settings.prefect_url}/api", server_sign_in(settings, "prefect"))


@lru_cache(maxsize=8)
def _connections(address: str, sign_in: str) -> httpx.Client:
    """The connections of this process to a server, shared by its threads: making a client costs
    more than asking by it."""
    return _client(address, sign_in)


def _client(address: str, sign_in: str) -> httpx.Client:
    name, _, password = sign_in.partition(":")
    return httpx.Client(base_url=address, auth=(name, password), timeout=TIMEOUT)
