"""What workflow rules can do with campaigns: enrol a lead, and take it out."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy.orm import Session

from leadflow.campaigns.enrolling.entries import NotEnrolled
from leadflow.campaigns.enrolling.service import enrol_one, is_held_out
from leadflow.campaigns.leaving import take_out
from leadflow.campaigns.store.service import CampaignNotSo, NoCampaign, campaigns_now
from leadflow.conditions.problems import nearest
from leadflow.conditions.rule_actions import Cause, DoneBy, RuleAction, by_rule
from leadflow.settings import Settings


class CampaignParams(BaseModel):
    """Which campaign."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    campaign: Annotated[str, StringConstraints(min_length=1, max_length=63)]


def put_in(session: Session, settings: Settings, said: CampaignParams, cause: Cause) -> DoneBy:
    """Enrol the lead in the version that leads come into."""
    try:
        made = enrol_one(session, said.campaign, cause.lead_id, by_rule(cause), cause.at)
    except (NoCampaign, CampaignNotSo, NotEnrolled) as error:
        return DoneBy({}, str(error))
    held_out = f"{cause.lead_id} is kept out of {said.campaign}, to compare with."
    return DoneBy({"enrollment": made}, held_out if is_held_out(session, made) else None)


def put_out(session: Session, settings: Settings, said: CampaignParams, cause: Cause) -> DoneBy:
    """Take the lead out of it, wherever it stands."""
    ended = take_out(session, said.campaign, [cause.lead_id], by_rule(cause), cause.at)
    nothing = None if ended else f"The lead is not in {said.campaign}."
    return DoneBy({"ended": ended}, nothing)


def _problems(session: Session, said: CampaignParams) -> list[str]:
    known = campaigns_now(session)
    if said.campaign in known:
        return []
    return [f"There is no campaign {said.campaign!r}. {nearest(said.campaign, known)}"]


def _of_it(said: CampaignParams) -> dict[str, tuple[str, ...]]:
    return {"event.campaign": (said.campaign,)}


RULE_ACTIONS = (
    # Whoever comes in will leave, by what no rule says.
    RuleAction(
        "enroll",
        CampaignParams,
        put_in,
        causes=lambda _: frozenset({"lead.enrolled", "lead.campaign_ended"}),
        tells=_of_it,
        problems=_problems,
    ),
    RuleAction(
        "unenroll",
        CampaignParams,
        put_out,
        causes=lambda _: frozenset({"lead.campaign_ended"}),
        tells=_of_it,
        problems=_problems,
    ),
)
