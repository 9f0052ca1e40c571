"""Rows of files that were set aside: read, mended, tried again, given up."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from leadflow.database.engine import Use, unit_of_work
from leadflow.gateway.api.imports.imports import ImportId
from leadflow.gateway.http.callers import ReadsImports, WritesImports
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.intake.rows import take_rows
from leadflow.leads.files import quarantine
from leadflow.leads.files.quarantine import SetAside
from leadflow.leads.files.quarantine_pages import rows_of_import
from leadflow.settings import get_settings
from leadflow.uploads.listing import show

router = APIRouter(tags=["imports"], route_class=Keyed)
RowId = Annotated[str, Path(max_length=80)]
Status = Literal["waiting", "stored", "discarded"]


class RowReasonOut(BaseModel):
    """What is wrong with a row."""

    field: str = Field(description="The field that is wrong; row: the row as a whole.")
    rule: str = Field(description="What is wrong with it. Never the value.")


class RowOut(BaseModel):
    """A row that was set aside, without its values."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    row_number: int = Field(description="Its place in the file, from 1.")
    status: Status
    reasons: Sequence[RowReasonOut]


class RowListedOut(RowOut):
    """The same in a list."""

    resolved_at: datetime | None = Field(description="When it was mended or given up.")


class RowWhole(RowOut):
    """A row with its values, which may name people."""

    file: str
    values: dict[str, str | None] = Field(description="By column. Empty once it is settled.")

    @classmethod
    def of(cls, row: SetAside) -> "RowWhole":
        """From what is kept."""
        return cls(**dict(RowOut.model_validate(row)), file=row.file, values={**row.content})


class MendIn(BaseModel):
    """What a row should have said."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    values: Annotated[dict[str, str], Field(min_length=1, max_length=1000)] = Field(
        description="By your column, or by Leadflow's field.", examples=[{"budget": "2500"}]
    )


class RowRetryIn(BaseModel):
    """Which rows are checked again: these; else all that wait."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[str], Field(min_length=1, max_length=1000)] | None = None


class RowsRetriedOut(BaseModel):
    """What came of it."""

    model_config = ConfigDict(from_attributes=True)

    stored: int
    waiting: int = Field(description="Those that fail still.")


@router.get(
    "/imports/{import_id}/rows",
    response_model=PageOut[RowListedOut],
    summary="Rows of a file that were set aside",
)
def read_rows(
    import_id: ImportId, caller: ReadsImports, paged: Paged, status: Status = "waiting"
) -> PageOut[RowListedOut]:
    """In the order of the file, with what is wrong with each, and without their values."""
    with unit_of_work() as session:
        inbox_id = show(session, import_id).inbox_id
        page = rows_of_import(session, inbox_id, status, paged)
    return PageOut.of(page.of(RowListedOut.model_validate))


@router.get("/quarantine/{row_id}", response_model=RowWhole, summary="Read a row set aside")
def read_row(row_id: RowId, caller: WritesImports) -> RowWhole:
    """With its values, as the file says them."""
    with unit_of_work() as session:
        return RowWhole.of(quarantine.get_row(session, row_id))


@router.post("/quarantine/retry", response_model=RowsRetriedOut, summary="Check rows again")
@limited(REPORTS)
def retry_rows(caller: WritesImports, body: RowRetryIn | None = None) -> RowsRetriedOut:
    """Without changing them: what passes by now is stored."""
    ids, currency = None if body is None else body.ids, get_settings().default_currency
    with unit_of_work(use=Use.BATCH) as session:
        now = datetime.now(UTC)
        done = quarantine.retry(session, ids, now, currency, take_rows, caller.id)
    return RowsRetriedOut.model_validate(done)


@router.post("/quarantine/{row_id}/mend", response_model=RowOut, summary="Mend a row")
@limited(REPORTS)
def mend_row(row_id: RowId, body: MendIn, caller: WritesImports) -> RowOut:
    """Correct values and check it again: it is `stored` if it passes now, else it goes on waiting
    with the reasons that are left."""
    currency, now = get_settings().default_currency, datetime.now(UTC)
    with unit_of_work() as session:
        row = quarantine.mend(session, row_id, body.values, now, currency, take_rows, caller.id)
        return RowOut.model_validate(row)


@router.post("/quarantine/{row_id}/discard", response_model=RowOut, summary="Give a row up")
def discard_row(row_id: RowId, caller: WritesImports) -> RowOut:
    """For good; its content is deleted."""
    with unit_of_work() as session:
        quarantine.discard(session, row_id, datetime.now(UTC), caller.id)
        session.flush()
        return RowOut.model_validate(quarantine.get_row(session, row_id))
