"""What a company sets up by files, over the API: as it counts, as it was, and as it is to be."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Self

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from leadflow.configuration import service
from leadflow.configuration.kinds import KINDS
from leadflow.configuration.service import KindApplied
from leadflow.database.engine import unit_of_work
from leadflow.exact import Moment
from leadflow.gateway.api.submitting import WAITS, author, submit, waits
from leadflow.gateway.http.callers import ReadsConfiguration, WritesConfiguration
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.gateway.http.versions import IfMatch, say_version, version_of
from leadflow.scoring.overrides.schemas import Words

router = APIRouter(tags=["configuration"], route_class=Keyed)
BY_KIND = "What each kind is, by its name, as its file says it (docs/configuration.md)."
EXAMPLE = {
    "configuration": {
        "segments": {
            "segments": {
                "retail": {"conditions": {"industry": {"operator": "equals", "value": "retail"}}}
            }
        }
    }
}


class ConfigurationIn(BaseModel):
    """What is to be in force. Kinds that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    configuration: dict[str, Any] = Field(min_length=1, max_length=100, description=BY_KIND)


class ConfigurationOut(BaseModel):
    """What is in force, or was at a moment."""

    configuration: dict[str, Any] = Field(description=BY_KIND)


class KindOut(BaseModel):
    """What became of one kind, by the names of its things or the number of its version."""

    kind: str
    new: list[str]
    changed: list[str]
    taken_out: list[str]
    left: list[str] = Field(description="In force and not in what was sent: it goes on counting.")
    advice: list[str] = Field(description="What is to be done next.")

    @classmethod
    def of(cls, one: KindApplied) -> Self:
        """From what the room says of it."""
        return cls(
            kind=one.kind,
            new=list(one.stored.new),
            changed=list(one.stored.changed),
            taken_out=list(one.taken_out),
            left=list(one.left),
            advice=list(one.stored.advice),
        )


class ConfigurationApplied(BaseModel):
    """What became of every kind."""

    kinds: list[KindOut]


@router.get("/configuration", response_model=ConfigurationOut, summary="What is set up?")
@limited(REPORTS)
def read_configuration(
    request: Request,
    caller: ReadsConfiguration,
    at: Annotated[Moment | None, Query(description="As it was then. Unset: as it is.")] = None,
) -> ConfigurationOut:
    """Event types, sources, segments, territories, policies and rules of every kind, as
    `leadflow config export DIR` writes them. Secrets and salespeople are none of it."""
    with unit_of_work() as session:
        found = service.in_force(session, at, datetime.now(UTC))
    if at is None:
        say_version(request, version_of(found))
    return ConfigurationOut(configuration=found)


@router.put(
    "/configuration",
    response_model=ConfigurationApplied,
    summary="Set everything up",
    responses=WAITS,
)
@limited(REPORTS)
def apply_configuration(
    body: Annotated[ConfigurationIn, Body(examples=[EXAMPLE])],
    seen: IfMatch,
    caller: WritesConfiguration,
    take_out: Annotated[
        bool, Query(description="Take out what is in force and not sent, of every kind.")
    ] = False,
    why: Annotated[Words | None, Query(description="For whoever decides, where it waits.")] = None,
) -> ConfigurationApplied | Response:
    """Store what differs, all of it or nothing: 422 `configuration-invalid` has every `place` and
    `problem`. Each kind that changes needs its own permission too. 202 where a policy asks somebody
    about what changes: all of it waits for their approval."""
    now, by = datetime.now(UTC), author(caller)
    with unit_of_work() as session:
        service.take_turns(session)
        seen.check(version_of(service.in_force(session, None, now)))
        do = partial(service.apply, session, body.configuration, by, now, take_out)
        submitted = submit(session, KINDS, do, caller, now, why)
        kinds = [KindOut.of(one) for one in submitted.done]
        return waits(submitted) or ConfigurationApplied(kinds=kinds)
