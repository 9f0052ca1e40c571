"""Files of leads that somebody has asked for: how far each is, and fetching it."""

from fastapi import APIRouter, Request, Response

from leadflow.database.engine import unit_of_work
from leadflow.exports.schemas import ExportOut
from leadflow.exports.service import exports_of
from leadflow.gateway.console.forms import ExportingLeads
from leadflow.gateway.console.leads.bulk import FILES
from leadflow.gateway.console.rendering import page
from leadflow.paging.keyset import Wanted

router = APIRouter(include_in_schema=False)
MOST = 50


@router.get(FILES)
def show(request: Request, caller: ExportingLeads) -> Response:
    """One's own of the last thirty days, the newest first."""
    with unit_of_work() as session:
        files = [ExportOut.of(made) for made in exports_of(session, caller, Wanted(MOST)).items]
    return page(request, "leads/files.html", caller, files=files)
