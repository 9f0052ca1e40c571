"""Waiting in the demo until the gateway scores with what was approved to serve."""

from collections.abc import Iterable
from typing import Any

from leadflow.cli.demo.stages import servers_ended
from leadflow.cli.demo.waiting import Stage, wait
from leadflow.settings import get_settings

# Each of its processes takes a new model up for itself: so many answers for each must agree.
ASKED_A_PROCESS = 3


def wait_for_the_model() -> None:
    """Until every answer of the gateway names the version that serves.

    Raises:
        ServiceFailed: the servers have ended.
    """
    version = _serves()
    wait(lambda: True if taken_up(version, _told()) else None, lambda: _stage(version))


def taken_up(version: str, told: Iterable[dict[str, Any] | None]) -> bool:
    """Whether all these say that leads are scored with this version; None is no answer."""
    return all(
        one is not None and one["status"] == "ok" and one["detail"].split()[-1] == version
        for one in told
    )


def _serves() -> str:
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.serving.serving_record import serving_now
    from models.rubric import Rubric

    with unit_of_work() as session:
        row = serving_now(session, get_settings().model_name)
    return Rubric.load().version if row is None else row.version


def _told() -> Iterable[dict[str, Any] | None]:
    return (_asked() for _ in range(ASKED_A_PROCESS * get_settings().gateway_processes))


def _asked() -> dict[str, Any] | None:
    """What the gateway says of its model, over a connection of its own."""
    import httpx

    try:
        answer = httpx.get(f"{get_settings().gateway_url}/health", timeout=30.0)
        part: dict[str, Any] = answer.json()["parts"]["model"]
    except (httpx.TransportError, ValueError):
        return None
    return part


def _stage(version: str) -> Stage:
    said = _asked()
    if said is None:
        return servers_ended() or Stage("The gateway does not answer at the moment")
    return Stage(f"The gateway takes version {version} up. It says: {said['detail']}")
