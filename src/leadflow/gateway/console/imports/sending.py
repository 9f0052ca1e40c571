"""Sending a file by a page: a form with a file, read as it comes."""

from datetime import UTC, datetime
from functools import partial

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.imports.receiving import Sent, received
from leadflow.gateway.api.imports.uploads import Encoding, FileName, SourceName
from leadflow.gateway.console.forms import SendingFiles
from leadflow.gateway.console.imports.pages import LIST, address_of, list_page
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.http.bounds.file_forms import file_form
from leadflow.gateway.http.limits import FILES, in_turn
from leadflow.gateway.http.problem import Problem
from leadflow.leads.files.formats.tables_of_text import UnreadableFile
from leadflow.leads.files.mapping import MappingError
from leadflow.settings import get_settings
from leadflow.uploads.arriving import MOST_KEPT, UploadsKept
from leadflow.uploads.looking import look_ahead

router = APIRouter(include_in_schema=False)
CHOOSE = "Choose a file first."
READ = "It is here. Nothing is imported yet: look at what was read, then import it."
BEFORE = "You have sent this file before, and it is here."
KEPT = f"{MOST_KEPT} files of yours wait to be imported. Import some, or let them go, then send it."
SAID = {
    "file": (TypeAdapter(FileName), "This cannot be the name of a file: call it such as leads.csv"),
    "source": (TypeAdapter(SourceName), "The name of where leads come from has at most 100 signs."),
    "encoding": (TypeAdapter(Encoding), "There is no encoding of this name."),
}


@router.post(LIST)
async def send(request: Request, caller: SendingFiles) -> Response:
    """Take a file, and show what was read in it."""
    typed: dict[str, str] = {}
    try:
        form = file_form(request)
        typed = await form.fields()
        sent = _sent(form.file or "", typed)
        upload_id, new = await received(form.content(), sent, caller)
    except (UnreadableFile, UploadsKept, Problem, _Wrong) as error:
        status = error.status if isinstance(error, Problem) else 422
        said = KEPT if isinstance(error, UploadsKept) else str(error)
        again = partial(list_page, request, caller, None, status, Notice(said), typed)
        return await to_thread.run_sync(again)
    if new:
        await in_turn(FILES, partial(_look, upload_id))
    return told_on(request, address_of(upload_id), Notice(READ if new else BEFORE, True))


class _Wrong(ValueError):
    """What was said of a file cannot be."""


def _sent(file: str, typed: dict[str, str]) -> Sent:
    if not file:
        raise _Wrong(CHOOSE)
    # Some browsers say the folder too.
    said = {"file": file.replace("\\", "/").rpartition("/")[2]}
    said |= {name: typed[name].strip() for name in ("source", "encoding") if typed.get(name)}
    for name, value in said.items():
        kind, wrong = SAID[name]
        try:
            kind.validate_python(value)
        except ValidationError as error:
            raise _Wrong(wrong) from error
    return Sent(said["file"], said.get("source") or None, said.get("encoding") or None)


def _look(upload_id: str) -> None:
    """See what the first rows would become; where that cannot be told, the page says so."""
    try:
        look_ahead(unit_of_work, upload_id, get_settings().default_currency, datetime.now(UTC))
    except (MappingError, UnreadableFile):
        return
