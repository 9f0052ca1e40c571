"""Types of events over the API: which there are, and adding your own."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Self

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.submitting import WAITS, submit, waits
from leadflow.gateway.http.callers import ReadsEventTypes, WritesEventTypes
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.versions import IfMatch, say_version, version_of
from leadflow.leads.events.configuration import SECTION
from leadflow.leads.events.own_types import EventTypesIn, declare
from leadflow.leads.events.types import list_types, page_of_types, take_turns
from leadflow.leads.tables import EventTypeRow

router = APIRouter(tags=["leads"], route_class=Keyed)
EXAMPLE = {
    "event_types": {
        "demo_request": {
            "label": "Asked for a demo",
            "dimension": "behavioural",
            "payload": {"type": "object", "properties": {"seats": {"type": "integer"}}},
        },
        "brochure": {"label": "Brochure", "counts_as": "content_download"},
        "crm_call": {
            "label": "Call logged in the CRM",
            "counts_as": "rep_call",
            "done_by": "rep",
            "touch": True,
        },
    }
}


class EventTypeOut(BaseModel):
    """A type of event."""

    name: str
    label: str
    counts_as: str = Field(description="The type it is counted with; itself, where it is its own.")
    dimension: str
    done_by: str = Field(description="lead, or rep: a salesperson with the lead.")
    touch: bool = Field(description="Whether a salesperson has got in touch by it.")
    features: bool = Field(description="Whether it has features of its own.")
    reopens: bool = Field(description="Whether a lost lead that does it is open again.")
    payload: dict[str, Any] | None = Field(description="JSON schema of payloads; empty: anything.")
    declared_by: str = Field(description="company, or the part of Leadflow it comes with.")

    @classmethod
    def of(cls, row: EventTypeRow) -> Self:
        """From the stored row."""
        return cls(
            name=row.name,
            label=row.label,
            counts_as=row.counts_as,
            dimension=row.dimension,
            done_by=row.done_by,
            touch=row.is_touch,
            features=row.has_features,
            reopens=row.reopens,
            payload=row.payload_schema,
            declared_by=row.declared_by,
        )


class DeclaredOut(BaseModel):
    """What became of the types that were sent; those that changed nothing are in neither."""

    new: list[str]
    changed: list[str]


@router.get(
    "/event-types", response_model=PageOut[EventTypeOut], summary="Which types of events are there?"
)
def read_event_types(
    request: Request, caller: ReadsEventTypes, paged: Paged
) -> PageOut[EventTypeOut]:
    """Every type that an event may have, built in or your own, by name."""
    with unit_of_work() as session:
        say_version(request, _version(session))
        return PageOut.of(page_of_types(session, paged).of(EventTypeOut.of))


@router.put(
    "/event-types",
    response_model=DeclaredOut,
    summary="Add types of events of your own",
    responses=WAITS,
)
def put_event_types(
    body: Annotated[EventTypesIn, Body(examples=[EXAMPLE])], seen: IfMatch, caller: WritesEventTypes
) -> DeclaredOut | Response:
    """Add these types, or change your own of the same name; all or none. Types that are not named
    stay as they are. 202 where a policy asks somebody first. 422 with every `place` and `problem`
    where they cannot be used."""
    with unit_of_work() as session:
        take_turns(session)
        seen.check(_version(session))
        now = datetime.now(UTC)
        do = partial(declare, session, body, caller.id, now)
        submitted = submit(session, [SECTION], do, caller, now)
        new, changed = submitted.done.new, submitted.done.changed
        return waits(submitted) or DeclaredOut(new=list(new), changed=list(changed))


def _version(session: Session) -> str:
    return version_of([(row.name, row.revision) for row in list_types(session)])
