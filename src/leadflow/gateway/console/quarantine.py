"""The page of what was set aside of files: why, and how many rows."""

from fastapi import APIRouter, Request, Response

from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import SeeingImports
from leadflow.gateway.console.rendering import page
from leadflow.leads.files.quarantine_groups import rows_waiting, waiting_by_reason

router = APIRouter(include_in_schema=False)


@router.get("/console/quarantine")
def show(request: Request, caller: SeeingImports) -> Response:
    """The reasons, the one with most rows first. Values may be personal and are not shown."""
    with unit_of_work() as session:
        groups, rows = waiting_by_reason(session), rows_waiting(session)
    return page(request, "quarantine.html", caller, groups=groups, rows=rows)
