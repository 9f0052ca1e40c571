"""Segments over the API: which there are, how many leads each has, writing them down."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Self

from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.submitting import WAITS, submit, waits
from leadflow.gateway.http.callers import ReadsRules, WritesRules
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.versions import IfMatch, say_version, version_of
from leadflow.paging.keyset import page_of
from leadflow.rules.field_catalogue import SEGMENTS
from leadflow.rules.segments import service
from leadflow.rules.segments.definitions import MOST_SEGMENTS
from leadflow.rules.segments.service import StoredSegment
from leadflow.rules.segments.tables import SegmentVersion

router = APIRouter(tags=["rules"], route_class=Keyed)
Name = Annotated[str, Path(max_length=63)]
EXAMPLE = {
    "segments": {
        "enterprise": {
            "description": "Large companies that have looked lately.",
            "conditions": {
                "company_size": {"operator": "greater_or_equal", "value": 1000},
                "last_event_at": {"operator": "within_last", "value": "30d"},
            },
        }
    }
}


class SegmentsIn(BaseModel):
    """Segments by name, each with its conditions as in docs/rules.md."""

    model_config = ConfigDict(extra="forbid")

    segments: dict[str, dict[str, Any]] = Field(min_length=1, max_length=MOST_SEGMENTS)


class SegmentOut(BaseModel):
    """A segment as it counts now."""

    name: str
    version: int
    since: datetime
    created_by: str
    content: dict[str, Any] = Field(description="`conditions`, and `description` where given.")


class SegmentCounted(SegmentOut):
    """A segment, and how many leads are in it at this moment."""

    leads: int


class SegmentVersionOut(BaseModel):
    """A version of a segment; it counted until the next one."""

    version: int
    created_at: datetime
    created_by: str
    content: dict[str, Any] | None = Field(description="null: from then on there was none.")

    @classmethod
    def of(cls, row: SegmentVersion) -> Self:
        """From the stored row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class SegmentsApplied(BaseModel):
    """Which were new and which changed; those that said what was stored are in neither."""

    new: list[str]
    changed: list[str]


@router.get(
    "/segments", response_model=PageOut[SegmentCounted], summary="Which segments are there?"
)
@limited(REPORTS)
def read_segments(request: Request, caller: ReadsRules, paged: Paged) -> PageOut[SegmentCounted]:
    """Every segment by name, with how many leads it has."""
    with unit_of_work() as session:
        counted, known = service.counts(session, datetime.now(UTC)), service.segments_now(session)
        say_version(request, _version(known))
    page = page_of(list(known.items()), lambda named: named[0], ("segments",), paged)
    return PageOut.of(
        page.of(lambda named: SegmentCounted(**vars(_out(named[1])), leads=counted[named[0]]))
    )


@router.get("/segments/{name}", response_model=SegmentOut, summary="Read a segment")
def read_segment(name: Name, caller: ReadsRules) -> SegmentOut:
    """One segment as it counts now."""
    with unit_of_work() as session:
        return _out(service.read_segment(session, name))


@router.get(
    "/segments/{name}/versions",
    response_model=PageOut[SegmentVersionOut],
    summary="What was a segment when?",
)
def list_segment_versions(
    name: Name, caller: ReadsRules, paged: Paged
) -> PageOut[SegmentVersionOut]:
    """Every version, newest first."""
    with unit_of_work() as session:
        found = service.page_of_versions(session, name, paged)
        return PageOut.of(found.of(SegmentVersionOut.of))


@router.put(
    "/segments", response_model=SegmentsApplied, summary="Write segments down", responses=WAITS
)
def put_segments(
    body: Annotated[SegmentsIn, Body(examples=[EXAMPLE])], seen: IfMatch, caller: WritesRules
) -> SegmentsApplied | Response:
    """Each as a new version where it changes; all or none. Others stay as they are. Rules that name
    them go by them at once; 202 where a policy asks somebody first. 422 with every `place` and
    `problem` where they cannot be used."""
    with unit_of_work() as session:
        service.take_turns(session)
        seen.check(_version(service.segments_now(session)))
        now = datetime.now(UTC)
        do = partial(service.apply, session, body.model_dump(), caller.id, now)
        submitted = submit(session, [SEGMENTS], do, caller, now)
        new, changed = submitted.done.new, submitted.done.changed
        return waits(submitted) or SegmentsApplied(new=list(new), changed=list(changed))


@router.delete(
    "/segments/{name}",
    status_code=204,
    response_model=None,
    summary="Take a segment out",
    responses=WAITS,
)
def delete_segment(name: Name, caller: WritesRules) -> Response | None:
    """409 while rules that are active, or other segments, name it. 202 where a policy asks
    somebody first."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        do = partial(service.remove, session, name, caller.id, now)
        return waits(submit(session, [SEGMENTS], do, caller, now))


def _version(known: Mapping[str, StoredSegment]) -> str:
    return version_of(sorted((name, one.version) for name, one in known.items()))


def _out(stored: StoredSegment) -> SegmentOut:
    return SegmentOut(
        name=stored.name,
        version=stored.version,
        since=stored.created_at,
        created_by=stored.created_by,
        content=stored.segment.content,
    )
