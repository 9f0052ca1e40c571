"""Exports of leads over the API: asked for, looked at until they are done, and fetched."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from leadflow.database.engine import unit_of_work
from leadflow.exports import service
from leadflow.exports.files import MEDIA_TYPES
from leadflow.exports.parts import read_parts
from leadflow.exports.schemas import ExportIn, ExportOut
from leadflow.gateway.http.around import only_head
from leadflow.gateway.http.bounds.asked import Exact
from leadflow.gateway.http.callers import ExportsLeads
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.security import refused

router = APIRouter(prefix="/leads/exports", tags=["leads"], route_class=Keyed)
# A file is sent as it is read, so there is no hash of it to tag it with.
files = APIRouter(prefix="/leads/exports", tags=["leads"], route_class=Exact)


BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.post("", response_model=ExportOut, status_code=202, summary="Export leads to a file")
def ask(body: ExportIn, caller: ExportsLeads) -> ExportOut:
    """Have all leads that a search finds written into a file, as CSV or Parquet: what
    `POST /leads/search` answers, all pages of it. Look at `GET /leads/exports/ID` until it is
    `done`. Where the policies say so, somebody else must approve it first."""
    if caller.reach(service.READ) is None:
        raise refused(caller, service.READ)
    with unit_of_work() as session:
        return ExportOut.of(service.ask(session, body, caller, datetime.now(UTC)))


@router.get("", response_model=PageOut[ExportOut], summary="Exports you have asked for")
def read_exports(caller: ExportsLeads, paged: Paged) -> PageOut[ExportOut]:
    """Your own of the last 30 days, the newest first."""
    with unit_of_work() as session:
        return PageOut.of(service.exports_of(session, caller, paged).of(ExportOut.of))


@router.get("/{export_id}", response_model=ExportOut, summary="How far is an export?")
def read_export(export_id: str, caller: ExportsLeads) -> ExportOut:
    """What has become of it, how many leads are written, and where the file is once it is done."""
    with unit_of_work() as session:
        return ExportOut.of(service.get(session, export_id, caller))


@router.delete("/{export_id}", status_code=204, summary="Cancel an export")
def cancel_export(export_id: str, caller: ExportsLeads) -> None:
    """One that is yet to be written, waits for an approval, is being written or is done: nothing
    more is written, and the file is deleted. What is over already stays as it is."""
    with unit_of_work() as session:
        service.cancel(session, export_id, caller, datetime.now(UTC))


@files.get(
    "/{export_id}/file",
    response_class=StreamingResponse,
    responses={200: {"content": dict.fromkeys(MEDIA_TYPES.values(), BINARY)}},
    summary="The file of an export",
)
def read_file(export_id: str, caller: ExportsLeads, request: Request) -> Response:
    """The whole file, as often as you like until it expires; each time is in the audit log. 409
    `export-not-ready` while there is none, 410 `export-expired` once it is gone. HEAD only says how
    large it is."""
    look = service.ready if only_head(request) else service.fetch
    with unit_of_work() as session:
        made = look(session, export_id, caller, datetime.now(UTC))
    headers = {
        "Content-Length": str(made.size),
        "Content-Disposition": f'attachment; filename="leads-{made.id}.{made.format}"',
        "Cache-Control": "no-store",
    }
    if only_head(request):
        return Response(headers=headers, media_type=MEDIA_TYPES[made.format])
    content = read_parts(made, unit_of_work)
    return StreamingResponse(content, headers=headers, media_type=MEDIA_TYPES[made.format])
