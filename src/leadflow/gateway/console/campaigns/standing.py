"""What a lead has to do with campaigns, for its page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.campaigns.dispatch.listing import ShownMessage, Which, page_of_messages
from leadflow.campaigns.listing import ShownEnrolment, enrolments_of_lead
from leadflow.campaigns.store.service import campaigns_now
from leadflow.consent.evidence import PURPOSES, Purpose
from leadflow.consent.log import page_of_log, standings
from leadflow.consent.may_send import Policy, may_send_for_each
from leadflow.consent.refusals import Refusal
from leadflow.consent.standing import ConsentStanding
from leadflow.consent.suppressing import suppressions_of
from leadflow.consent.tables import ConsentEvent, Suppression
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import Wanted
from leadflow.settings import get_settings

NEWEST = 20
MOST_SAID = 200


@dataclass(frozen=True)
class Consented:
    """What counts for a purpose: what was said, by which entry of the log, and why the lead is not
    written to; None where it may be."""

    purpose: Purpose
    says: ConsentStanding
    by: ConsentEvent | None
    refusal: Refusal | None


@dataclass(frozen=True)
class InCampaigns:
    """``titles``: what campaigns are called, by name; ``open_to``: the live ones it is not in."""

    enrolments: list[ShownEnrolment]
    messages: list[ShownMessage]
    consent: list[Consented]
    suppressions: list[Suppression]
    titles: Mapping[str, str]
    open_to: list[str]


def in_campaigns(session: Session, lead: Lead, now: datetime) -> InCampaigns:
    """What a lead is in and was sent, newest first, and what it agreed to."""
    wanted = Wanted(NEWEST)
    known = campaigns_now(session)
    enrolments = enrolments_of_lead(session, lead.id, wanted).items
    inside = {one.campaign_id for one in enrolments if one.ended_at is None}
    return InCampaigns(
        enrolments,
        page_of_messages(session, None, wanted, Which(lead_id=lead.id)).items,
        _consent(session, lead, now),
        list(suppressions_of(session, lead)),
        {name: stored.program.campaign.name for name, stored in known.items()},
        [name for name, one in known.items() if one.state == "live" and name not in inside],
    )


def _consent(session: Session, lead: Lead, now: datetime) -> list[Consented]:
    policy = Policy.of(get_settings().marketing_without_consent)
    says = standings(session, [lead.id], now)[lead.id]
    log = page_of_log(session, lead.id, Wanted(MOST_SAID)).items
    refused = may_send_for_each(session, lead.id, "email", now, policy)
    return [
        Consented(
            purpose,
            says[purpose],
            next((one for one in log if _counts(one, purpose, says[purpose])), None),
            refused[purpose],
        )
        for purpose in PURPOSES
    ]


def _counts(event: ConsentEvent, purpose: Purpose, says: ConsentStanding) -> bool:
    given = says.says == "given"
    return (event.purpose, event.happened_at, event.given) == (purpose, says.since, given)
