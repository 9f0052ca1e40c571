"""Endpoints over the API: other programs that are told what happens to leads."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import BaseModel, Field

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.database.engine import unit_of_work
from leadflow.domain_events.types import TYPES
from leadflow.endpoints import service, signing
from leadflow.endpoints.definitions import EndpointChange, EndpointIn
from leadflow.endpoints.tables import Endpoint
from leadflow.gateway.http.callers import ReadsEndpoints, WritesEndpoints
from leadflow.gateway.http.idempotency import SHOWN_ONCE, Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.versions import IfMatch, say_version, version_of
from leadflow.paging.keyset import page_of
from leadflow.settings import get_settings

router = APIRouter(prefix="/webhook-endpoints", tags=["webhooks"], route_class=Keyed)
Name = Annotated[str, Path(max_length=63)]
EXAMPLE = {
    "name": "crm",
    "url": "https://crm.example.com/leadflow",
    "description": "Hot leads, for the CRM",
    "types": ["lead.level_changed", "lead.assigned"],
}


class EndpointOut(BaseModel):
    """An endpoint as it is now, and how it does."""

    id: str
    name: str
    url: str
    description: str
    types: list[str]
    include_personal: bool
    status: str = Field(description="enabled or disabled.")
    disabled_why: str | None = Field(description="person, gone (it answered 410) or failing.")
    live_secrets: int = Field(description="2: one is rotated.")
    created_at: datetime
    created_by: str
    changed_at: datetime
    failures: int = Field(description="Attempts that failed since the last that did not.")
    failing_since: datetime | None
    delivered_at: datetime | None = Field(description="When it last took something.")


class NewEndpoint(EndpointOut):
    """An endpoint with its secret, which is shown this once."""

    secret: str


class EndpointSecretOut(BaseModel):
    """A secret, shown this once. For a day messages are signed with the one before too."""

    secret: str


class TypeOut(BaseModel):
    """A type of message: when it is sent, and the JSON Schema of its ``data`` besides ``lead``."""

    type: str
    when: str
    payload_schema: dict[str, Any]


@router.get("/types", response_model=list[TypeOut], summary="What can endpoints be told?")
def read_types(caller: ReadsEndpoints) -> list[TypeOut]:
    """Every type of message."""
    return [
        TypeOut(type=name, when=known.when, payload_schema=known.facts.model_json_schema())
        for name, known in TYPES.items()
    ]


@router.get("", response_model=PageOut[EndpointOut], summary="Which endpoints are told?")
def read_endpoints(caller: ReadsEndpoints, paged: Paged) -> PageOut[EndpointOut]:
    """Every endpoint, by name."""
    with unit_of_work() as session:
        found = page_of(service.endpoints(session), lambda one: one.name, ("endpoints",), paged)
        live = signing.count_live(session, [one.id for one in found.items], datetime.now(UTC))
    return PageOut(items=_out(found.items, live), next=found.next)


@router.post("", response_model=NewEndpoint, status_code=201, summary="Add an endpoint")
def add_endpoint(
    body: Annotated[EndpointIn, Body(examples=[EXAMPLE])],
    response: Response,
    caller: WritesEndpoints,
) -> NewEndpoint:
    """It is told what happens from now on. With `include_personal` messages say whose lead it is;
    only who may read every lead can set that."""
    response.headers.update(SHOWN_ONCE)
    with unit_of_work() as session:
        made, secret = service.add(
            session, body, caller.id, datetime.now(UTC), get_settings(), _sees_all(caller)
        )
    return NewEndpoint(**dict(_out([made], {made.id: 1})[0]), secret=secret)


@router.get("/{name}", response_model=EndpointOut, summary="Read an endpoint")
def read_endpoint(name: Name, request: Request, caller: ReadsEndpoints) -> EndpointOut:
    """One endpoint as it is now."""
    with unit_of_work() as session:
        found = service.read_endpoint(session, name)
        say_version(request, _version(found))
        live = signing.count_live(session, [found.id], datetime.now(UTC))
    return _out([found], live)[0]


@router.patch("/{name}", response_model=EndpointOut, summary="Change an endpoint")
def change_endpoint(
    name: Name, body: EndpointChange, seen: IfMatch, caller: WritesEndpoints
) -> EndpointOut:
    """What is left out stays. What waits goes to it as it is then."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        seen.check(_version(service.read_endpoint(session, name, lock=True)))
        found = service.change(
            session, name, body, caller.id, now, get_settings(), _sees_all(caller)
        )
        live = signing.count_live(session, [found.id], now)
    return _out([found], live)[0]


@router.delete("/{name}", status_code=204, summary="Delete an endpoint")
def delete_endpoint(name: Name, caller: WritesEndpoints) -> None:
    """Its secrets end now, and what waits is sent to nobody."""
    with unit_of_work() as session:
        service.remove(session, name, caller.id, datetime.now(UTC))


@router.post("/{name}/enable", response_model=EndpointOut, summary="Enable an endpoint")
def enable_endpoint(name: Name, caller: WritesEndpoints) -> EndpointOut:
    """It is told again, what waits first."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        found = service.enable(session, name, caller.id, now)
        live = signing.count_live(session, [found.id], now)
    return _out([found], live)[0]


@router.post("/{name}/disable", response_model=EndpointOut, summary="Disable an endpoint")
def disable_endpoint(name: Name, caller: WritesEndpoints) -> EndpointOut:
    """Nothing more is written for it, and what waits is held."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        found = service.disable(session, name, caller.id, now)
        live = signing.count_live(session, [found.id], now)
    return _out([found], live)[0]


@router.post("/{name}/secret", response_model=EndpointSecretOut, summary="Rotate its secret")
def rotate_secret(name: Name, response: Response, caller: WritesEndpoints) -> EndpointSecretOut:
    """For a day messages are signed with the new one and the one before."""
    response.headers.update(SHOWN_ONCE)
    with unit_of_work() as session:
        secret = service.rotate_secret(session, name, caller.id, datetime.now(UTC))
    return EndpointSecretOut(secret=secret)


def _sees_all(caller: Actor) -> bool:
    return caller.reach("lead.read") is Reach.ALL


def _out(found: Sequence[Endpoint], live: dict[str, int]) -> list[EndpointOut]:
    names = EndpointOut.model_fields.keys() - {"live_secrets"}
    return [
        EndpointOut(
            **{name: getattr(one, name) for name in names}, live_secrets=live.get(one.id, 0)
        )
        for one in found
    ]


def _version(endpoint: Endpoint) -> str:
    return version_of({name: getattr(endpoint, name) for name in EndpointChange.model_fields})
