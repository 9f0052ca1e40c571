"""Imports of files: started, looked at, taken back, let go."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from leadflow.database.engine import Use, unit_of_work
from leadflow.gateway.http.callers import ReadsImports, WritesImports
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.settings import get_settings
from leadflow.uploads import service, undoing
from leadflow.uploads.listing import imports_of_all, show
from leadflow.uploads.schemas import ImportOut, UndoneOut
from leadflow.uploads.service import Retention

router = APIRouter(prefix="/imports", tags=["imports"], route_class=Keyed)
ImportId = Annotated[str, Path(max_length=80)]


class StartIn(BaseModel):
    """How a file is imported."""

    model_config = ConfigDict(extra="forbid", strict=True)

    anyway: bool = Field(
        False, description="Go on where more than a tenth of the rows fail their checks."
    )


@router.get("", response_model=PageOut[ImportOut], summary="Files that were imported")
def read_imports(caller: ReadsImports, paged: Paged) -> PageOut[ImportOut]:
    """Those that were sent, and those that were brought in on the machine (`leadflow import FILE`),
    the newest first."""
    with unit_of_work() as session:
        return PageOut.of(imports_of_all(session, paged).of(ImportOut.of))


@router.get("/{import_id}", response_model=ImportOut, summary="How far is an import?")
def read_import(import_id: ImportId, caller: ReadsImports) -> ImportOut:
    """What has come of its rows so far, and why it is not done."""
    with unit_of_work() as session:
        return ImportOut.of(show(session, import_id))


@router.post(
    "/{import_id}/start", response_model=ImportOut, status_code=202, summary="Import a file"
)
def start_import(
    import_id: ImportId, caller: WritesImports, body: StartIn | None = None
) -> ImportOut:
    """In the background, by the mapping that was sent, else by the proposal, where that leaves
    nothing open (409 `mapping-open`). Rows that fail their checks are set aside with the reasons;
    where those are more than a tenth, it stops and says so. Look at `GET /imports/ID` until it is
    `done`. One that has failed goes on where it stopped."""
    kept, anyway = Retention(get_settings().upload_days), body is not None and body.anyway
    with unit_of_work() as session:
        service.start(session, import_id, anyway, caller, kept, datetime.now(UTC))
        session.flush()
        return ImportOut.of(show(session, import_id))


@router.post(
    "/{import_id}/undo",
    response_model=ImportOut,
    status_code=202,
    responses={200: {"model": UndoneOut, "description": "What would be, with `dry_run`"}},
    summary="Take an import back",
)
@limited(REPORTS)
def undo_import(
    import_id: ImportId,
    caller: WritesImports,
    dry_run: Annotated[
        bool, Query(description="Only say what would be taken back; nothing is changed.")
    ] = False,
) -> ImportOut | Response:
    """In the background: the leads that it made are deleted, the values it changed and the outcomes
    it told are as before. What something newer stands on stays, and is named. Look at
    `GET /imports/ID` until it is `undone`; `undo` says how far it is, and what was taken back. Also
    of what was brought in on the machine. Ask with `dry_run=true` first."""
    now = datetime.now(UTC)
    if dry_run:
        with unit_of_work(use=Use.BATCH) as session:
            would = UndoneOut.of(service.would_undo(session, import_id, caller, now), dry_run)
        return Response(would.model_dump_json(), media_type="application/json")
    with unit_of_work() as session:
        undoing.ask(session, import_id, caller, now)
        return ImportOut.of(show(session, import_id))


@router.delete("/{import_id}", status_code=204, summary="Let a file go")
def delete_upload(import_id: ImportId, caller: WritesImports) -> None:
    """Delete the file of an import that is not done; what was imported of it stays."""
    with unit_of_work() as session:
        service.let_go(session, import_id, caller, datetime.now(UTC))
