"""The list of imports, and the page of one: what its file means, how far it is, what came of it."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.naming import names_of_people
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import SeeingImports
from leadflow.gateway.console.imports import words
from leadflow.gateway.console.imports.columns import form_shown, usable
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.versions import version_of
from leadflow.paging.keyset import Wanted
from leadflow.plain_yaml import dump
from leadflow.settings import get_settings
from leadflow.uploads import looking, mappings
from leadflow.uploads.importing import ANYWAY
from leadflow.uploads.listing import Shown, imports_of_all, show
from leadflow.uploads.schemas import ImportOut
from leadflow.uploads.service import AT_REST
from leadflow.uploads.tables import Upload

router = APIRouter(include_in_schema=False)
LIST = "/console/imports"
PATH = LIST + "/{import_id}"
AT_A_TIME = 30
UNDER_WAY = ("queued", "running", "undoing")


@router.get(LIST)
def show_all(
    request: Request,
    caller: SeeingImports,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Files that were brought in, the newest first, and where to send another."""
    return list_page(request, caller, cursor)


def list_page(
    request: Request,
    caller: Actor,
    cursor: str | None = None,
    status: int = 200,
    told: Notice | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """The list, and what came of a file that could not be taken."""
    with unit_of_work() as session:
        found = imports_of_all(session, Wanted(AT_A_TIME, cursor))
        shown = [ImportOut.of(one) for one in found.items]
        people = names_of_people(session, [one.sent_by for one in shown if one.sent_by])
    return page(
        request,
        "imports/list.html",
        caller,
        status,
        told,
        found=shown,
        next=found.next,
        first=cursor is None,
        people=people,
        states=words.STATES,
        may_send=caller.reach("import.write") is not None,
        most=get_settings().upload_megabytes,
        typed=typed or {},
    )


@router.get(PATH)
def show_one(request: Request, import_id: str, caller: SeeingImports) -> Response:
    """One import."""
    return import_page(request, import_id, caller)


def address_of(import_id: str) -> str:
    """Where the page of an import is."""
    return f"{LIST}/{import_id}"


def import_page(
    request: Request,
    import_id: str,
    caller: Actor,
    status: int = 200,
    told: Notice | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """The page as it stands now, and what came of a form on it, with what was typed there."""
    with unit_of_work() as session:
        shown = show(session, import_id)
        one = ImportOut.of(shown)
        by = [who for who in (one.sent_by, one.started_by) if who]
        values: dict[str, Any] = {"one": one, "people": names_of_people(session, by)}
        values["file"] = _of_file(shown, typed or {}) if _quotes(shown, caller) else None
    return page(
        request,
        "imports/import.html",
        caller,
        status,
        told,
        words=words,
        may_write=caller.reach("import.write") is not None,
        under_way=one.state in UNDER_WAY,
        error=(one.error or "").replace(ANYWAY.format(one.id), "tick the box below"),
        **values,
    )


def version_shown(upload: Upload) -> str:
    """What an upload was when a page showed it; another after each change of its mapping."""
    return version_of([upload.state, mappings.of_upload(upload).mapping])


def _quotes(shown: Shown, caller: Actor) -> bool:
    """Whether the page quotes the file, which those see who may say what it means."""
    at_rest = shown.upload is not None and shown.state in AT_REST
    return at_rest and caller.reach("import.write") is not None


def _of_file(shown: Shown, typed: Mapping[str, str]) -> dict[str, Any]:
    upload = shown.upload
    if upload is None:
        raise AssertionError("only of a file that was sent")
    said, ahead = mappings.of_upload(upload), looking.kept_of(upload)
    ahead_shown = ahead or looking.Ahead()
    return {
        "said": said,
        "ahead": ahead,
        "headings": list(dict.fromkeys(name for row in ahead_shown.shown for name in row)),
        "form": form_shown(said, ahead, typed) if usable(said) else None,
        "text": typed.get("text", dump(said.mapping)),
        "as_shown": version_shown(upload),
    }
