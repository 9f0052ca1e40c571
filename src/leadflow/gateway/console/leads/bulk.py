"""Several leads at once: what would be done with which is shown before it is done."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.naming import names_of_leads
from leadflow.assignment.team.store import RepNotFound
from leadflow.assignment.work.handover import RepInactive, find_rep
from leadflow.bulk.carrying_out import Done, PlanChanged, carry_out
from leadflow.bulk.planning import SHOWN, BulkRefused, Plan, plan
from leadflow.bulk.schemas import Act, Asked, Assign, Enrol, Export, Tag
from leadflow.campaigns.store.service import CampaignNotSo, NoCampaign, read_campaign
from leadflow.database.engine import Use, unit_of_work
from leadflow.exports.schemas import Format
from leadflow.exports.service import ExportsUnderWay
from leadflow.follow_ups.tag_names import TagInvalid, tag_names
from leadflow.gateway.console.forms import OnLead, go_to
from leadflow.gateway.console.leads.pages import in_plain_words, list_page, state_of
from leadflow.gateway.console.leads.sealed import SealBroken, seal, unseal
from leadflow.gateway.console.leads.state import LIST, ListState
from leadflow.gateway.console.notices import ANCHOR, Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.search.question import SearchInvalid
from leadflow.search.service import SearchTooSlow
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
ADDRESS = f"{LIST}/bulk"
DO = f"{ADDRESS}/do"
FILES = f"{LIST}/files"
CANNOT = (
    *(BulkRefused, RepNotFound, RepInactive, NoCampaign, CampaignNotSo, TagInvalid),
    *(SearchInvalid, SearchTooSlow, ExportsUnderWay),
)


class BulkState(BaseModel):
    """What is asked, and the list from which it was."""

    asked: Asked
    back: ListState


class BulkForm(BaseModel):
    """``which``: the leads that are ticked, or all that fit."""

    q: str = ""
    act: Literal["assign", "tag", "enrol", "export"]
    which: Literal["ticked", "all"] = "ticked"
    lead: Annotated[list[str], Field(max_length=1000)] = []
    rep: Annotated[str, Field(max_length=100)] = ""
    why: Annotated[str, Field(max_length=200)] = ""
    tags: Annotated[str, Field(max_length=1000)] = ""
    campaign: Annotated[str, Field(max_length=100)] = ""
    format: Format = "csv"

    def asks_for(self, state: ListState) -> Act:
        """What is to be done.

        Raises:
            BulkRefused: something of it is not said.
        """
        why = self.why.strip()
        if self.act == "assign":
            if not self.rep or not why:
                raise BulkRefused("Say who is to have them, and why.")
            return Assign(kind="assign", rep_id=self.rep, why=why)
        if self.act == "tag":
            names = [name for name in self.tags.split(",") if name.strip()]
            return Tag(kind="tag", names=names)
        if self.act == "enrol":
            if not self.campaign:
                raise BulkRefused("Choose a campaign.")
            return Enrol(kind="enrol", campaign=self.campaign)
        return Export(kind="export", format=self.format, columns=state.columns, why=why)


@router.post(ADDRESS)
def ask(request: Request, caller: OnLead, form: Annotated[BulkForm, Form()]) -> Response:
    """To the page that shows what would be done."""
    try:
        state = state_of(caller, form.q)
    except SealBroken as broken:
        return list_page(request, caller, state_of(caller), 422, Notice(str(broken)))
    try:
        act = form.asks_for(state)
        if form.which == "ticked" and not form.lead and form.act != "export":
            raise BulkRefused("Tick some leads, or choose all that fit.")
    except BulkRefused as refused:
        told = Notice(str(refused), at="bulk", typed=form.model_dump(exclude={"q", "act"}))
        return list_page(request, caller, state, 422, told)
    ticked = form.lead if form.which == "ticked" and form.act != "export" else []
    asked = Asked(act=act, lead_ids=ticked, question=state.question)
    return go_to(f"{ADDRESS}?q={seal(BulkState(asked=asked, back=state))}")


@router.get(ADDRESS)
def preview(request: Request, caller: OnLead, q: Annotated[str, Query()] = "") -> Response:
    """What would be done, with how many, and with whom not and why."""
    try:
        state = unseal(BulkState, q)
    except SealBroken:
        return go_to(LIST)
    return _shown(request, caller, state)


@router.get(DO)
def back(caller: OnLead) -> Response:
    """Whoever loads the answer of the form again gets the list."""
    return go_to(LIST)


@router.post(DO)
def do(
    request: Request,
    caller: OnLead,
    q: Annotated[str, Form()] = "",
    shown: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Do it, as long as it comes to what was shown."""
    try:
        state = unseal(BulkState, q)
    except SealBroken:
        return go_to(LIST)
    try:
        with unit_of_work() as session:
            now = datetime.now(UTC)
            done = carry_out(session, get_settings(), state.asked, shown, caller, now)
    except (*CANNOT, PlanChanged) as error:
        return _shown(request, caller, state, 409, Notice(in_plain_words(error)))
    return _told(request, state, done)


def _told(request: Request, state: BulkState, done: Done) -> Response:
    if done.export_id is not None:
        return told_on(request, FILES, Notice(done.words, True))
    answer = told_on(request, LIST, Notice(done.words, True))
    answer.headers["location"] = f"{state.back.address()}#{ANCHOR}"
    return answer


def _shown(
    request: Request,
    caller: Actor,
    state: BulkState,
    status: int = 200,
    told: Notice | None = None,
) -> Response:
    try:
        with unit_of_work(use=Use.SEARCH) as session:
            made = plan(session, state.asked, caller, datetime.now(UTC))
            values = _values(session, caller, state.asked, made)
    except CANNOT as error:
        refused = Notice(in_plain_words(error), at="bulk")
        return list_page(request, caller, state.back, 422, refused)
    return page(
        request,
        "leads/bulk.html",
        caller,
        status,
        told,
        asked=state.asked,
        plan=made,
        digest=made.digest(state.asked),
        sealed=seal(state),
        back=state.back.address(),
        **values,
    )


def _values(session: Session, caller: Actor, asked: Asked, made: Plan) -> dict[str, Any]:
    first = made.lead_ids[:SHOWN]
    left = {why: ids[:SHOWN] for why, ids in made.left_out.items()}
    every = [*first, *(one for ids in left.values() for one in ids)]
    names = names_of_leads(session, caller, every)
    act = asked.act
    to = ""
    if isinstance(act, Assign):
        to = find_rep(session, act.rep_id).name
    elif isinstance(act, Enrol):
        to = read_campaign(session, act.campaign).program.campaign.name
    elif isinstance(act, Tag):
        to = ", ".join(tag_names(act.names))
    elif isinstance(act, Export):
        to = {"csv": "CSV", "parquet": "Parquet"}[act.format]
    return {"first": first, "left": left, "names": names, "to": to}
