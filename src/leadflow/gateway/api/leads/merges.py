"""Merging two leads that are one person, and splitting them again."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.reach import reaches_lead
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.leads.lead_answers import changed_lead
from leadflow.gateway.api.leads.schemas import LeadBrief, LeadView
from leadflow.gateway.http.callers import EditsLeads, ReadsLeads
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.problem import Problem
from leadflow.intake.merging import Merged, find_merge, merge_leads, merges_of, split_leads
from leadflow.intake.senders import Sender
from leadflow.leads.merging.tables import LeadMerge
from leadflow.leads.service import get_lead
from leadflow.scoring.overrides.schemas import Words
from leadflow.settings import get_settings

router = APIRouter(tags=["leads"], route_class=Keyed)


class MergeIn(BaseModel):
    """Which lead is merged into this one, and why."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    other: Annotated[str, Field(max_length=100)] = Field(description="The id of the other lead.")
    reason: Annotated[Words, Field(max_length=1000)]


class MergeOut(BaseModel):
    """A merge of two leads."""

    id: str
    survivor_id: str = Field(description="The lead that stands for both.")
    other_id: str = Field(description="The lead that was merged into it.")
    reason: str
    merged_by: str
    merged_at: datetime
    filled: list[str] = Field(description="What the survivor had not and has from the other.")
    split_by: str | None
    split_at: datetime | None

    @classmethod
    def of(cls, merge: LeadMerge) -> Self:
        """From the stored row."""
        names = cls.model_fields.keys() - {"filled"}
        same = {name: getattr(merge, name) for name in names}
        return cls(**same, filled=merge.brought["filled"])


class MergedOut(BaseModel):
    """A merge, and the leads that were scored anew by it or by its split."""

    merge: MergeOut
    leads: list[LeadView | LeadBrief]


@router.post("/leads/{lead_id}/merge", response_model=MergedOut, summary="Merge two leads")
def merge(lead_id: str, body: MergeIn, request: Request, caller: EditsLeads) -> MergedOut:
    """Make one lead of two: this one stays and stands for both. It keeps what it has, and has of
    the other what it had not; what the other did and how it ended, its notes, tasks and tags; and
    its salesperson, where nobody had this one. By the addresses and ids of both this one is found.
    The other is answered with 410 `lead-merged`; it can be split off again."""
    scorer = request.app.state.serving.current()
    with unit_of_work() as session:
        _refuse_others(session, caller, body.other)
        pair = lead_id, body.other
        made = merge_leads(session, pair, body.reason, Sender(caller), scorer, get_settings())
        return _answer(made, caller)


@router.get(
    "/leads/{lead_id}/merges", response_model=PageOut[MergeOut], summary="What was merged here?"
)
def read_merges(lead_id: str, caller: ReadsLeads, paged: Paged) -> PageOut[MergeOut]:
    """The merges that the lead was in, those that were split too, the newest first."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        return PageOut.of(merges_of(session, lead_id, paged).of(MergeOut.of))


@router.post("/merges/{merge_id}/split", response_model=MergedOut, summary="Split merged leads")
def split(merge_id: str, request: Request, caller: EditsLeads) -> MergedOut:
    """Make two leads of one again: each has what it had before, and what came since is the one's
    that stood for both. The newest merge of a lead is split first."""
    scorer = request.app.state.serving.current()
    with unit_of_work() as session:
        _refuse_others(session, caller, find_merge(session, merge_id).survivor_id)
        made = split_leads(session, merge_id, Sender(caller), scorer, get_settings())
        return _answer(made, caller)


def _refuse_others(session: Session, caller: Actor, lead_id: str) -> None:
    """Both leads have to be within reach; the one in the address was looked at already."""
    reach = caller.reach("lead.edit")
    if reach is None or not reaches_lead(session, caller.rep_id, reach, lead_id):
        raise Problem(
            403,
            "not-yours",
            "This is somebody else's",
            f"{lead_id} is out of your reach with lead.edit. Ask somebody who reaches both leads.",
        )


def _answer(made: Merged, caller: Actor) -> MergedOut:
    leads = [changed_lead(one, caller) for _, one in sorted(made.standings.items())]
    return MergedOut(merge=MergeOut.of(made.merge), leads=leads)
