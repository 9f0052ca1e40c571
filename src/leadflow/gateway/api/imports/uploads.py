"""Sending a file to be imported: read piece by piece, kept in parts, looked at once it is whole."""

import re
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.imports.receiving import Sent, received
from leadflow.gateway.http.bounds.streams import pieces
from leadflow.gateway.http.callers import WritesImports
from leadflow.gateway.http.schemas import ProblemOut
from leadflow.leads.files.mapping_parts import text_encoding
from leadflow.uploads import mappings, service
from leadflow.uploads.listing import show
from leadflow.uploads.schemas import UploadedOut

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
    upload_id, new = await received(pieces(request), Sent(name, source, encoding), caller)
    response.status_code = 201 if new else 200
    return await to_thread.run_sync(_told, upload_id)


def _told(upload_id: str) -> UploadedOut:
    with unit_of_work() as session:
        said = mappings.of_upload(service.get(session, upload_id))
        return UploadedOut.with_proposal(show(session, upload_id), said)
