"""Rows of files that were set aside, over the API: why, and how many."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.callers import ReadsImports
from leadflow.gateway.http.versions import Tagged
from leadflow.leads.files.quarantine_groups import rows_waiting, waiting_by_reason

router = APIRouter(tags=["operation"], route_class=Tagged)


class GroupOut(BaseModel):
    """Rows that wait for one reason."""

    model_config = ConfigDict(from_attributes=True)

    field: str = Field(description="The field that is wrong; row: the row as a whole.")
    rule: str = Field(description="What is wrong with it. Never the value, which may be personal.")
    rows: int
    files: list[str] = Field(description="The names of the files these rows are of.")
    first: str = Field(description="The id of one of them, for `GET /quarantine/ID`.")


class QuarantineOut(BaseModel):
    """What was set aside and waits to be mended."""

    rows: int = Field(description="How many rows wait. One with two reasons is in two groups.")
    groups: list[GroupOut]


@router.get("/quarantine", response_model=QuarantineOut, summary="Rows that were set aside")
def list_quarantine(caller: ReadsImports) -> QuarantineOut:
    """Rows of files that failed their checks and wait to be mended, by reason. Their values may be
    personal data: `GET /quarantine/ID` shows them to whoever may import."""
    with unit_of_work() as session:
        groups = [GroupOut.model_validate(group) for group in waiting_by_reason(session)]
        return QuarantineOut(rows=rows_waiting(session), groups=groups)
