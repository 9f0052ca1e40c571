"""Programs that are told what happens: how each does, its messages, and sending one again."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.database.engine import unit_of_work
from leadflow.endpoints import messages, service
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.system.acting import sent
from leadflow.gateway.http.callers import ReadsEndpoints, WritesEndpoints

router = APIRouter(include_in_schema=False)
LIST = "/console/system/endpoints"
PATH = LIST + "/{name}"
AT_A_TIME = 50
# Why one is not told anything any more.
WHY = {
    "person": "somebody switched it off",
    "gone": "it answered that it is gone for good",
    "failing": "it did not take anything for days",
}


@router.get(LIST)
def show_all(request: Request, caller: ReadsEndpoints) -> Response:
    """Every program that is told, those in trouble first."""
    with unit_of_work() as session:
        found = sorted(service.endpoints(session), key=lambda one: (-one.failures, one.name))
        hosts = {one.id: service.host_of(one) for one in found}
    return page(request, "system/endpoints.html", caller, found=found, hosts=hosts, why=WHY)


@router.get(PATH)
def show(
    request: Request,
    name: str,
    caller: ReadsEndpoints,
    status: Annotated[str, Query(max_length=20)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """What one was told, the newest first."""
    return _page(request, caller, name, status, before)


@router.post(PATH)
def switch(
    request: Request,
    name: str,
    caller: WritesEndpoints,
    act: Annotated[Literal["enable", "disable", "again"], Form()],
    message: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Switch it on or off, or send it one message again."""

    def change(session: Session, now: datetime) -> tuple[str, dict[str, Any]]:
        if act == "again":
            messages.replay(session, name, message, caller.id, now)
            return "The message is sent again, under its id.", {}
        if act == "enable":
            service.enable(session, name, caller.id, now)
            return "It is told again, what waits first.", {}
        service.disable(session, name, caller.id, now)
        return "It is not told anything any more. What waits for it is kept.", {}

    def again(code: int, told: Notice) -> Response:
        return _page(request, caller, name, code=code, told=told)

    return sent(request, f"{LIST}/{name}", again, change)


def _page(
    request: Request,
    caller: Actor,
    name: str,
    status: str = "",
    before: int | None = None,
    code: int = 200,
    told: Notice | None = None,
) -> Response:
    chosen = status if status in messages.STATES else None
    with unit_of_work() as session:
        one = service.read_endpoint(session, name)
        found = messages.messages(session, name, chosen, before, AT_A_TIME)
        host = service.host_of(one)
    return page(
        request,
        "system/endpoint.html",
        caller,
        code,
        told,
        one=one,
        host=host,
        found=found,
        older=found[-1].number if len(found) == AT_A_TIME else None,
        chosen=chosen or "",
        states=messages.STATES,
        why=WHY,
        may_write=caller.reach("endpoint.write") is not None,
    )
