"""Reading many leads: listed by what is asked most, or searched by conditions and names."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from leadflow.accounts.actors import Actor
from leadflow.database.engine import Use, unit_of_work
from leadflow.gateway.http.callers import ReadsLeads
from leadflow.gateway.http.pages import PageOut
from leadflow.gateway.http.versions import Tagged
from leadflow.search.schemas import LeadList, LeadListed, LeadSearch
from leadflow.search.service import find_leads

router = APIRouter(tags=["leads"], route_class=Tagged)
Listed = PageOut[LeadListed]


@router.get("/leads", response_model=Listed, summary="List leads")
def list_leads(search: Annotated[LeadList, Query()], caller: ReadsLeads) -> Response:
    """Leads that you may read, the newest first unless `sort` says otherwise: a salesperson's own,
    or those of their team. `next` is the `cursor` of the page after this one."""
    return _page(search, caller)


@router.post("/leads/search", response_model=Listed, summary="Search leads")
def search_leads(search: LeadSearch, caller: ReadsLeads) -> Response:
    """The same with conditions as rules have them, and by parts of a person's or a company's name.
    422 `search-invalid` with every `place` and `problem`; 422 `search-too-slow` where no index
    serves it."""
    return _page(search, caller)


def _page(search: LeadList | LeadSearch, caller: Actor) -> Response:
    with unit_of_work(use=Use.SEARCH) as session:
        found = find_leads(session, search, caller, datetime.now(UTC))
    # Written out here: what is made of its class is not checked against it once more.
    return Response(
        Listed.of(found).model_dump_json(exclude_unset=True), media_type="application/json"
    )
