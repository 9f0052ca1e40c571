"""What is set up, kind by kind; one thing of it in its editor; how it changed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.naming import names_of_people
from leadflow.configuration.differing import diff
from leadflow.configuration.kinds import Change, ConfigurationKind
from leadflow.configuration.one_text import text_of, things_of
from leadflow.configuration.words import KindWords, of_kind
from leadflow.database.engine import unit_of_work
from leadflow.drafts.service import asked_about
from leadflow.drafts.showing import drafts_of, read_draft
from leadflow.drafts.trials.catalogue import WHY_NOT
from leadflow.exact import Moment
from leadflow.gateway.api.submitting import author
from leadflow.gateway.console.configuration.schemas import schema_of
from leadflow.gateway.console.configuration.texts import (
    address_of,
    kind_at,
    may_change,
    readable_kinds,
)
from leadflow.gateway.console.forms import OnConfiguration
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.problem import TITLES, Problem
from leadflow.gateway.http.versions import version_of

router = APIRouter(include_in_schema=False)
LIST = "/console/configuration"
PATH = LIST + "/{kind}"
NEWEST = 50
# How long one is shown that was not agreed to.
SHOWN_FOR = timedelta(days=30)
NOT_KEPT = {"Cache-Control": "no-store"}
# In the place of a name: something new.
NEW = "+"
Name = Annotated[str, Query(max_length=200)]
At = Annotated[Moment | None, Query()]


@dataclass(frozen=True)
class Earlier:
    """Another text than the one that counts, to begin with: as it counted at a moment, or of a
    draft."""

    at: datetime | None = None
    draft: str = ""

    def text(self, session: Session, kind: ConfigurationKind, key: str) -> str:
        """What it said of a thing; empty where it said nothing, or none is asked for."""
        if self.draft:
            altered = read_draft(session, self.draft).altered
            found = (one.after for one in altered if (one.kind, one.name) == (kind.name, key))
            return next(found, "")
        return "" if self.at is None else text_of(kind, kind.in_force(session, self.at), key)


@dataclass(frozen=True)
class Overview:
    """A kind in the list of all: what there is of it, and its last change."""

    kind: ConfigurationKind
    address: str
    words: KindWords
    names: tuple[str, ...]
    may_change: bool
    last: Change | None


@router.get(LIST)
def show_all(request: Request, caller: OnConfiguration) -> Response:
    """Every kind of what is set up that the reader may see, with what there is of it."""
    with unit_of_work() as session:
        found = [_overview(session, caller, kind) for kind in readable_kinds(caller)]
        people = names_of_people(session, [one.last.by for one in found if one.last])
    return page(request, "configuration/list.html", caller, found=found, people=people)


def _overview(session: Session, caller: Actor, kind: ConfigurationKind) -> Overview:
    return Overview(
        kind,
        address_of(kind),
        of_kind(kind.name),
        kind.names(kind.in_force(session, None)),
        may_change(caller, kind),
        next(iter(kind.changes(session, None, 1)), None),
    )


@router.get(PATH)
def show(
    request: Request,
    kind: str,
    caller: OnConfiguration,
    name: Name = "",
    at: At = None,
    draft: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """One thing in its editor: as it counts, or to restore it, as it was at a moment; or as a draft
    has it, to submit it again."""
    return editor(request, kind, caller, name, Earlier(at, draft))


@router.get(PATH + "/history")
def show_history(request: Request, kind: str, caller: OnConfiguration, name: Name = "") -> Response:
    """When it changed, by whose hand, and what."""
    found = kind_at(kind, caller)
    with unit_of_work() as session:
        changes = found.changes(session, name or None, NEWEST)
        people = names_of_people(session, [one.by for one in changes])
    values: dict[str, Any] = {"changes": changes, "people": people, "name": name}
    return page(request, "configuration/history.html", caller, **kind_values(found), **values)


@router.get(PATH + "/change")
def show_change(
    request: Request, kind: str, caller: OnConfiguration, at: Moment, name: Name = ""
) -> Response:
    """What a change changed."""
    found = kind_at(kind, caller)
    if at > datetime.now(UTC):
        raise Problem(404, *TITLES[404], "Nothing is known of what is to come.")
    with unit_of_work() as session:
        changes = [one for one in found.changes(session, name or None, 1000) if one.at <= at]
        if not changes:
            raise Problem(404, *TITLES[404], "Nothing had changed by then.")
        newest = changes[0]
        earlier = next((one for one in changes if one.at < newest.at), None)
        key = key_of(found, name or newest.name)
        moments = (None if earlier is None else earlier.at, newest.at)
        said = [
            "" if moment is None else text_of(found, found.in_force(session, moment), key)
            for moment in moments
        ]
        people = names_of_people(session, [newest.by])
    values: dict[str, Any] = {"change": newest, "people": people, "name": name, "text": said[1]}
    return page(
        request,
        "configuration/change.html",
        caller,
        lines=diff(*said),
        may_change=may_change(caller, found),
        **kind_values(found),
        **values,
    )


@router.get(PATH + "/schema")
def show_schema(kind: str, caller: OnConfiguration) -> Response:
    """By which the editor completes what is typed."""
    found = kind_at(kind, caller)
    with unit_of_work() as session:
        return JSONResponse(schema_of(session, found), headers=NOT_KEPT)


def editor(
    request: Request,
    address: str,
    caller: Actor,
    name: str,
    earlier: Earlier | None = None,
    status: int = 200,
    told: Notice | None = None,
    **more: Any,
) -> Response:
    """The editor of a thing, or where none is named of a kind that has several, these. ``more``:
    ``text`` that was typed, and what was found in it (``checked``)."""
    kind, earlier = kind_at(address, caller), earlier or Earlier()
    key = key_of(kind, name)
    with unit_of_work() as session:
        now = kind.in_force(session, None)
        text, then = text_of(kind, now, key), earlier.text(session, kind, key)
        shown = _standing(session, caller, kind, key if name and name != NEW else None)
    things = things_of(kind, now)
    if kind.section and not name:
        template, shown = "configuration/things.html", shown | {"names": list(things)}
        return page(request, template, caller, status, told, **kind_values(kind), **shown)
    new = name == NEW or (not kind.section and key not in things)
    if not new and key not in things and not then:
        raise Problem(404, *TITLES[404], f"There is no {of_kind(kind.name).one} {name!r}.")
    values: dict[str, Any] = {
        "name": name,
        "new": new,
        "at": earlier.at,
        "draft": earlier.draft,
        "text": then or (of_kind(kind.name).begins if new else text),
        "as_shown": version_of(text),
        "why_not_tried": WHY_NOT.get(kind.name, ""),
        "checked": None,
        "trial": None,
        "why": "",
    }
    shown |= kind_values(kind) | values | more
    return page(request, "configuration/editor.html", caller, status, told, **shown)


def _standing(
    session: Session, caller: Actor, kind: ConfigurationKind, name: str | None
) -> dict[str, Any]:
    """Whether the reader may change it, who must agree, and the changes that wait or were not
    agreed to."""
    now = datetime.now(UTC)
    may, drafts = may_change(caller, kind), drafts_of(session, kind.name, name)
    asked = asked_about(session, kind.name, author(caller), now) if may else None
    lately = now - SHOWN_FOR
    open_ones = [one for one in drafts if one.is_open or (one.refused and one.written_at > lately)]
    people = names_of_people(session, [one.written_by for one in open_ones])
    return {"may_change": may, "asked": asked, "drafts": open_ones, "people": people}


def key_of(kind: ConfigurationKind, name: str) -> str:
    """The name of a thing among those of its kind."""
    return name if kind.section else kind.name


def kind_values(kind: ConfigurationKind) -> dict[str, Any]:
    """What every page of a kind shows of it."""
    return {"kind": kind, "address": address_of(kind), "words": of_kind(kind.name)}
