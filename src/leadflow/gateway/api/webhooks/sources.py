"""Sources over the API: which there are, writing them down, their secrets."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.submitting import WAITS, submit, waits
from leadflow.gateway.http.callers import ReadsSources, WritesSources
from leadflow.gateway.http.idempotency import SHOWN_ONCE, Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.versions import IfMatch, say_version, version_of
from leadflow.paging.keyset import page_of
from leadflow.settings import get_settings
from leadflow.sources import service
from leadflow.sources.configuration import SECTION
from leadflow.sources.definitions import parse_sources
from leadflow.sources.journals.showing import JournalShown, journal_of, journals
from leadflow.sources.service import StoredSource

router = APIRouter(tags=["webhooks"], route_class=Keyed)
Name = Annotated[str, Path(max_length=63)]
EXAMPLE = {
    "sources": {
        "website": {
            "scheme": "standard_webhooks",
            "mapping": {"key": "id", "fields": {"email": "email", "company_name": "company.name"}},
        }
    }
}


class SourcesIn(BaseModel):
    """Sources by name, each as in docs/webhooks.md."""

    model_config = ConfigDict(extra="forbid")

    sources: dict[str, dict[str, Any]] = Field(min_length=1, max_length=200)


class JournalOut(BaseModel):
    """How reading the journal of a source goes."""

    model_config = ConfigDict(from_attributes=True)

    cursor_at: datetime = Field(description="All up to then has been read.")
    last_read_at: datetime | None = Field(description="When a page of it was last kept.")
    next_at: datetime = Field(description="When it is read again, at the soonest.")
    failures: int = Field(description="In a row; 0: it is well.")
    failing_since: datetime | None
    problem: str | None = Field(description="Why it was not read, as a word that stays the same.")
    status: int | None = Field(description="The HTTP status of that.")
    what_to_do: str | None = Field(description="The same in words.")
    remark: str | None = Field(description="What was odd about an item, as such a word.")
    remark_means: str | None = Field(description="The same in words.")
    remarked_at: datetime | None


class SourceOut(BaseModel):
    """A source as it counts now: it has a scheme and an address, or a journal."""

    name: str
    version: int
    scheme: str | None = Field(description="How a delivery is proved.")
    address: str | None = Field(description="Where it delivers to.")
    journal: JournalOut | None = Field(description="How reading it goes.")
    live_secrets: int = Field(description="0: nothing is taken from it yet. 2: one is rotated.")
    since: datetime
    created_by: str
    content: dict[str, Any] = Field(description="What was written down of it.")


class AppliedOut(BaseModel):
    """Which sources were new and which changed; those that said what was stored are in neither."""

    new: list[str]
    changed: list[str]


class SecretIn(BaseModel):
    """A secret that the sender gave; unset: one is made."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    secret: Annotated[str, Field(min_length=8, max_length=500)] | None = None


class SecretOut(BaseModel):
    """A secret, shown this once where it was made here."""

    secret: str | None = Field(description="Empty where the sender gave it.")
    live_secrets: int


@router.get("/sources", response_model=PageOut[SourceOut], summary="Which sources are there?")
def read_sources(request: Request, caller: ReadsSources, paged: Paged) -> PageOut[SourceOut]:
    """Every source that delivers by webhook, or whose journal is read, by name."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        live, stored = service.live_secrets_of_all(session, now), service.sources_now(session)
        read = journals(session)
        say_version(request, _version(stored))
    page = page_of(list(stored.values()), lambda one: one.name, ("sources",), paged)
    return PageOut.of(
        page.of(lambda one: _out(one, len(live.get(one.name, ())), read.get(one.name)))
    )


@router.get("/sources/{name}", response_model=SourceOut, summary="Read a source")
def read_source(name: Name, caller: ReadsSources) -> SourceOut:
    """One source as it counts now."""
    with unit_of_work() as session:
        stored = service.read_source(session, name)
        live = service.live_secrets(session, name, datetime.now(UTC))
        return _out(stored, len(live), journal_of(session, name))


@router.put("/sources", response_model=AppliedOut, summary="Write sources down", responses=WAITS)
def put_sources(
    body: Annotated[SourcesIn, Body(examples=[EXAMPLE])], seen: IfMatch, caller: WritesSources
) -> AppliedOut | Response:
    """Each as a new version where it changes; all or none. Others stay as they are. 202 where a
    policy asks somebody first. 422 with every `place` and `problem` where they cannot be used."""
    given = parse_sources(body.model_dump())
    with unit_of_work() as session:
        service.take_turns(session)
        seen.check(_version(service.sources_now(session)))
        now = datetime.now(UTC)
        do = partial(service.apply, session, given, caller.id, now)
        submitted = submit(session, [SECTION], do, caller, now)
        new, changed = submitted.done.new, submitted.done.changed
        return waits(submitted) or AppliedOut(new=list(new), changed=list(changed))


@router.delete(
    "/sources/{name}",
    status_code=204,
    response_model=None,
    summary="Take nothing from a source any more",
    responses=WAITS,
)
def delete_source(name: Name, caller: WritesSources) -> Response | None:
    """Its secrets end now; what it delivered stays. 202 where a policy asks somebody first."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        do = partial(service.remove, session, name, caller.id, now)
        return waits(submit(session, [SECTION], do, caller, now))


@router.post("/sources/{name}/secret", response_model=SecretOut, summary="Give a source a secret")
def set_secret(name: Name, body: SecretIn, response: Response, caller: WritesSources) -> SecretOut:
    """The one before goes on being taken for a day, so that the sender can be changed meanwhile."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        chosen = service.set_secret(session, name, body.secret, caller.id, now)
        live = len(service.live_secrets(session, name, now))
    response.headers.update(SHOWN_ONCE)
    return SecretOut(secret=chosen if body.secret is None else None, live_secrets=live)


def _version(stored: Mapping[str, StoredSource]) -> str:
    return version_of(sorted((name, one.version) for name, one in stored.items()))


def _out(stored: StoredSource, live: int, journal: JournalShown | None) -> SourceOut:
    address = f"{get_settings().address}/webhooks/{stored.name}"
    return SourceOut(
        name=stored.name,
        version=stored.version,
        scheme=stored.source.scheme,
        address=None if stored.source.scheme is None else address,
        journal=None if journal is None else JournalOut.model_validate(journal),
        live_secrets=live,
        since=stored.created_at,
        created_by=stored.created_by,
        content=stored.source.content,
    )
