"""Tags of leads over the API, and the catalogue of them."""

from datetime import UTC, datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.accounts.permissions import Reach
from leadflow.assignment.team.reach import leads_within
from leadflow.assignment.work.follow_ups import tag_counts
from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.tag_names import TagInvalid, tag_name
from leadflow.follow_ups.tags import remove, rename, tag, tags_of, untag
from leadflow.gateway.api.follow_ups.schemas import (
    ManyTagsIn,
    ManyTagsOut,
    TagChanged,
    TagOut,
    TagRename,
    TagsIn,
    TagsOut,
)
from leadflow.gateway.http.callers import EditsLeads, ManagesTags, ReadsLeads
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.problem import Problem
from leadflow.leads.service import get_lead, hold_standing
from leadflow.paging.keyset import page_of

router = APIRouter(tags=["notes, tasks, tags"], route_class=Keyed)


@router.get("/tags", response_model=PageOut[TagOut], summary="Which tags are there?")
def read_catalogue(caller: ReadsLeads, paged: Paged) -> PageOut[TagOut]:
    """Every tag of leads within your reach, by name, and on how many of these it is."""
    with unit_of_work() as session:
        found = tag_counts(session, caller.rep_id, caller.reach("lead.read") or Reach.OWN)
    page = page_of(found, lambda tag: tag[0], ("tags",), paged)
    return PageOut.of(page.of(lambda tag: TagOut(name=tag[0], leads=tag[1])))


@router.post("/tags", response_model=ManyTagsOut, summary="Tag many leads")
def tag_many(body: ManyTagsIn, caller: EditsLeads) -> ManyTagsOut:
    """Put tags on up to 10,000 leads, take others off them, or both; all or none. Refused where one
    of the leads does not exist, is not within your reach, or was merged into another."""
    with unit_of_work() as session:
        reach = caller.reach("lead.edit") or Reach.OWN
        missing = set(body.lead_ids) - leads_within(session, caller.rep_id, reach, body.lead_ids)
        if missing:
            raise Problem(
                403,
                "not-yours",
                "This is somebody else's",
                f"{min(missing)} does not exist or is out of your reach, "
                f"{how_many(len(missing), 'lead')} of these altogether. Nothing was changed; leave "
                "them out and send it again.",
            )
        hold_standing(session, body.lead_ids)
        both = set(body.add) & set(body.remove)
        if both:
            raise TagInvalid(f"{min(both)!r} is to be put on and taken off; say one of the two.")
        now = datetime.now(UTC)
        return ManyTagsOut(
            tagged=tag(session, body.lead_ids, body.add, caller.id, now),
            untagged=untag(session, body.lead_ids, body.remove, caller.id, now),
        )


@router.patch("/tags/{name}", response_model=TagChanged, summary="Rename a tag, or merge two")
def rename_tag(name: str, body: TagRename, caller: ManagesTags) -> TagChanged:
    """Give the tag another name on all leads. Where leads have a tag of that name: 409 `tag-there`,
    or with `merge` the two become one. Rules that name the old one must be written anew."""
    with unit_of_work() as session:
        count = rename(session, name, body.name, body.merge, caller.id)
        return TagChanged(name=body.name, leads=count)


@router.delete("/tags/{name}", response_model=TagChanged, summary="Take a tag off all leads")
def remove_tag(name: str, caller: ManagesTags) -> TagChanged:
    """Take the tag off every lead that has it; it is gone from the catalogue with that."""
    with unit_of_work() as session:
        return TagChanged(name=tag_name(name), leads=remove(session, name, caller.id))


@router.get("/leads/{lead_id}/tags", response_model=TagsOut, summary="Tags of a lead")
def read_tags(lead_id: str, caller: ReadsLeads) -> TagsOut:
    """The tags of the lead, by name."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        return _answer(session, lead_id)


@router.post("/leads/{lead_id}/tags", response_model=TagsOut, summary="Tag a lead")
def add_tags(lead_id: str, body: TagsIn, caller: EditsLeads) -> TagsOut:
    """Put tags on the lead; those it has stay, and a tag it has already changes nothing. `VIP` and
    `vip` are one tag."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        tag(session, [lead_id], body.tags, caller.id, datetime.now(UTC))
        return _answer(session, lead_id)


@router.delete(
    "/leads/{lead_id}/tags/{name}", response_model=TagsOut, summary="Take a tag off a lead"
)
def take_off(lead_id: str, name: str, caller: EditsLeads) -> TagsOut:
    """Take the tag off the lead; once more changes nothing."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        untag(session, [lead_id], [name], caller.id, datetime.now(UTC))
        return _answer(session, lead_id)


def _answer(session: Session, lead_id: str) -> TagsOut:
    return TagsOut(lead_id=lead_id, tags=tags_of(session, [lead_id]).get(lead_id, []))
