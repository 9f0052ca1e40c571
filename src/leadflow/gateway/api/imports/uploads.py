"""Sending a file to be imported: read piece by piece, kept in parts, looked at once it is whole."""

import re
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator

from leadflow.accounts.actors import Actor
from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.bounds.streams import MEGABYTE, pieces
from leadflow.gateway.http.callers import WritesImports
from leadflow.gateway.http.limits import FILES, in_turn
from leadflow.gateway.http.schemas import ProblemOut
from leadflow.leads.files.mapping_parts import text_encoding
from leadflow.settings import get_settings
from leadflow.uploads import arriving, mappings
from leadflow.uploads.listing import show
from leadflow.uploads.schemas import UploadedOut
from leadflow.uploads.service import Retention

# A body that is never whole in memory is not kept under an Idempotency-Key: the same file is
# recognised by its content.
router = APIRouter(prefix="/imports", tags=["imports"])
NAME = r"^[^/\\\x00-\x1f\x7f]+$"


def _file_name(said: str) -> str:
    if re.match(NAME, said) is None:
        raise ValueError("send the name of the file alone, without a folder, such as leads.csv")
    return said


FileName = Annotated[
    str,
    Query(
        min_length=1,
        max_length=200,
        json_schema_extra={"pattern": NAME},
        description="The name of the file, without a folder. Its ending says what it is.",
        examples=["leads.csv"],
    ),
    AfterValidator(_file_name),
]
SourceName = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="Where its leads come from; else as the mapping says, and proposed is the "
        "file's name.",
    ),
]
Encoding = Annotated[
    str | None,
    Query(
        max_length=40,
        description="What the text of a CSV file is written in; else it is found out.",
        examples=["shift_jis"],
    ),
    AfterValidator(lambda said: said and text_encoding(said)),
]
BODY = {
    "required": True,
    "description": "The file itself.",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


@router.post(
    "",
    response_model=UploadedOut,
    status_code=201,
    summary="Send a file of leads",
    openapi_extra={"requestBody": BODY},
    responses={
        200: {"model": UploadedOut, "description": "You have sent it before, and it is there."},
        415: {"model": ProblemOut, "description": "The body is a form, and not the file itself"},
    },
)
async def send_file(
    request: Request,
    response: Response,
    caller: WritesImports,
    name: FileName,
    source: SourceName = None,
    encoding: Encoding = None,
) -> UploadedOut:
    """A `.csv` or `.jsonl` file (each also packed as `.gz`), `.parquet`, or a spreadsheet, of 200
    MB at most, as the whole body. Nothing is imported yet: the answer says what was found, and what
    each column is proposed to become. The same file sent again while it waits is answered with the
    import that there is. It is kept encrypted, and for seven days if nobody starts it."""
    now = datetime.now(UTC)
    upload_id = await to_thread.run_sync(_begin, name, source, caller, now)
    try:
        content_hash = sha256()
        async for piece in pieces(request):
            content_hash.update(piece)
            await to_thread.run_sync(_take, upload_id, piece)
        whole = partial(_arrived, upload_id, content_hash.hexdigest(), encoding, now)
        answer, new = await in_turn(FILES, whole)
    except BaseException:
        await to_thread.run_sync(_forget, upload_id)
        raise
    response.status_code = 201 if new else 200
    return answer


def _begin(name: str, source: str | None, caller: Actor, now: datetime) -> str:
    with unit_of_work() as session:
        return arriving.begin(session, name, source, caller, now).id


def _take(upload_id: str, piece: bytes) -> None:
    with unit_of_work() as session:
        arriving.take(session, upload_id, piece)


def _arrived(
    upload_id: str, content_hash: str, encoding: str | None, now: datetime
) -> tuple[UploadedOut, bool]:
    settings = get_settings()
    most, kept = settings.upload_megabytes * MEGABYTE, Retention(settings.upload_days)
    upload, new = arriving.arrived(unit_of_work, upload_id, content_hash, most, kept, now, encoding)
    with unit_of_work() as session:
        said = mappings.of_upload(upload)
        return UploadedOut.with_proposal(show(session, upload.id), said), new


def _forget(upload_id: str) -> None:
    with unit_of_work() as session:
        arriving.forget(session, upload_id)
