"""Saying what a file means, importing it, taking it back, letting it go."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import yaml
from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from leadflow import plain_yaml
from leadflow.accounts.actors import Actor
from leadflow.assignment.team.naming import names_of_leads
from leadflow.database.engine import Use, unit_of_work
from leadflow.gateway.console.forms import SendingFiles, go_to
from leadflow.gateway.console.imports import words
from leadflow.gateway.console.imports.columns import NoDays, chosen_of
from leadflow.gateway.console.imports.pages import (
    LIST,
    PATH,
    address_of,
    import_page,
    version_shown,
)
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.limits import FILES, REPORTS, limited
from leadflow.intake.undoing import AlreadyUndone
from leadflow.leads.files.formats.tables_of_text import UnreadableFile
from leadflow.leads.files.mapping import MappingError, parse_mapping
from leadflow.settings import get_settings
from leadflow.uploads import looking, mappings, service, undoing
from leadflow.uploads.listing import Shown, show
from leadflow.uploads.meanings import as_chosen
from leadflow.uploads.parts import FileGone
from leadflow.uploads.schemas import UndoneOut
from leadflow.uploads.service import ImportElsewhere, MappingOpen, NotBegun, Retention
from leadflow.uploads.tables import Upload

router = APIRouter(include_in_schema=False)
MOST_NAMED = 20
CHANGED = "This has changed since the page was shown. Look at it, and send it again."
ELSEWHERE = "Somebody was quicker: this is how it stands by now."
GONE = "The file is not kept any more. Send it again."
OPEN = "Answer first what only you can answer, and tick that you have."
NO_TEXT = "This is no YAML that can be read: {}"
CHOSEN = "These are the rows as they would be now."
STARTED = "It is being imported. You can leave this page: it goes on."
TAKING_BACK = "It is being taken back. You can leave this page: it goes on."
LET_GO = "The file is let go. What was imported of it stays."


class Refused(ValueError):
    """A form that cannot be followed; the message says what to do. ``status``: of the answer."""

    def __init__(self, words: str, status: int = 409) -> None:
        super().__init__(words)
        self.status = status


async def typed_in(request: Request) -> dict[str, str]:
    """What a form holds, by field."""
    return {name: said for name, said in (await request.form()).items() if isinstance(said, str)}


Typed = Annotated[dict[str, str], Depends(typed_in)]
Page = Literal["columns", "text", "start", "let-go"]


@router.get(PATH + "/undo")
@limited(REPORTS)
def ask_to_undo(request: Request, import_id: str, caller: SendingFiles) -> Response:
    """Say what would be taken back, and ask whether it is meant."""
    now = datetime.now(UTC)
    try:
        with unit_of_work(use=Use.BATCH) as session:
            would = UndoneOut.of(service.would_undo(session, import_id, caller, now), True)
            file, stays = _file(show(session, import_id)), would.stays[:MOST_NAMED]
            names = names_of_leads(session, caller, [one.lead_id for one in stays])
    except (AlreadyUndone, NotBegun):
        return import_page(request, import_id, caller, 409, Notice(ELSEWHERE))
    values: dict[str, Any] = {"import_id": import_id, "file": file, "would": would}
    values |= {"stays": [(one.lead_id, one.why) for one in stays], "names": names}
    return page(request, "imports/undo.html", caller, **values)


@router.get(PATH + "/{part}")
def show_part(import_id: str, part: Page, _caller: SendingFiles) -> Response:
    """A form's address, loaded again, is the page it stands on."""
    return go_to(address_of(import_id))


@router.post(PATH + "/columns")
@limited(FILES)
def choose(request: Request, import_id: str, caller: SendingFiles, typed: Typed) -> Response:
    """Keep what each column means, and look at the rows anew."""

    def content(upload: Upload) -> dict[str, Any]:
        said, ahead = mappings.of_upload(upload), looking.kept_of(upload) or looking.Ahead()
        if said.questions and "answered" not in typed:
            raise Refused(OPEN, 422)
        names = [one["column"] for one in said.columns]
        mapping, chosen = parse_mapping(said.mapping), chosen_of(said, typed)
        return as_chosen(mapping, names, chosen, ahead.few, ahead.samples)

    return _said(request, import_id, caller, typed, content)


@router.post(PATH + "/text")
@limited(FILES)
def write(request: Request, import_id: str, caller: SendingFiles, typed: Typed) -> Response:
    """Keep the mapping as it is written, and look at the rows anew."""

    def content(_upload: Upload) -> dict[str, Any]:
        try:
            said = plain_yaml.load_texts(typed.get("text", ""))
        except yaml.YAMLError as error:
            raise Refused(NO_TEXT.format(error), 422) from error
        if not isinstance(said, dict):
            raise Refused(NO_TEXT.format("it is empty."), 422)
        return said

    return _said(request, import_id, caller, typed, content)


def _said(
    request: Request,
    import_id: str,
    caller: Actor,
    typed: dict[str, str],
    content: Callable[[Upload], dict[str, Any]],
) -> Response:
    now, currency = datetime.now(UTC), get_settings().default_currency
    try:
        with unit_of_work() as session:
            wanted = content(_as_shown(session, import_id, typed))
        mappings.say(unit_of_work, import_id, wanted, caller, now)
        looking.look_ahead(unit_of_work, import_id, currency, now)
    except (MappingError, UnreadableFile, NoDays) as error:
        said = Notice(words.wrong(error))
        return import_page(request, import_id, caller, 422, said, typed)
    except (Refused, ImportElsewhere, FileGone) as error:
        return _refused(request, import_id, caller, error, typed)
    return told_on(request, address_of(import_id), Notice(CHOSEN, True))


@router.post(PATH + "/start")
def start(request: Request, import_id: str, caller: SendingFiles, typed: Typed) -> Response:
    """Import it, in the background."""
    kept, now = Retention(get_settings().upload_days), datetime.now(UTC)
    try:
        with unit_of_work() as session:
            _as_shown(session, import_id, typed)
            service.start(session, import_id, "anyway" in typed, caller, kept, now)
    except (Refused, ImportElsewhere, MappingOpen) as error:
        return _refused(request, import_id, caller, error)
    return told_on(request, address_of(import_id), Notice(STARTED, True, "state"))


@router.post(PATH + "/undo")
def undo(request: Request, import_id: str, caller: SendingFiles) -> Response:
    """Take it back, in the background."""
    try:
        with unit_of_work() as session:
            undoing.ask(session, import_id, caller, datetime.now(UTC))
    except (AlreadyUndone, NotBegun):
        return import_page(request, import_id, caller, 409, Notice(ELSEWHERE))
    return told_on(request, address_of(import_id), Notice(TAKING_BACK, True, "state"))


@router.post(PATH + "/let-go")
def let_go(request: Request, import_id: str, caller: SendingFiles) -> Response:
    """Delete the file of an import that is not done."""
    try:
        with unit_of_work() as session:
            service.let_go(session, import_id, caller, datetime.now(UTC))
    except ImportElsewhere as error:
        return _refused(request, import_id, caller, error)
    return told_on(request, LIST, Notice(LET_GO, True))


def _as_shown(session: Session, import_id: str, typed: dict[str, str]) -> Upload:
    upload = service.get(session, import_id)
    if version_shown(upload) != typed.get("as_shown"):
        raise Refused(CHANGED)
    return upload


def _refused(
    request: Request,
    import_id: str,
    caller: Actor,
    error: Exception,
    typed: dict[str, str] | None = None,
) -> Response:
    said = {ImportElsewhere: ELSEWHERE, MappingOpen: OPEN, FileGone: GONE}.get(type(error))
    status = error.status if isinstance(error, Refused) else 409
    return import_page(request, import_id, caller, status, Notice(said or str(error)), typed)


def _file(shown: Shown) -> str:
    if shown.upload is not None:
        return str(shown.upload.file)
    return str(shown.figures.get("file", ""))
