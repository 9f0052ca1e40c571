"""In which language pages speak to whoever got a mail of a campaign."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.language import Language, spoken
from leadflow.campaigns.tables import CampaignMessage, CampaignVersion
from leadflow.leads.tables import Lead

# What companies call the attribute in which they keep it.
ATTRIBUTE = "language"


def language_for(session: Session, lead_id: str, message_id: str) -> Language | None:
    """The lead's own language, where its attribute says one that is spoken here; else that of the
    message's campaign; None where neither is there any more."""
    lead = session.get(Lead, lead_id)
    if lead is not None and lead.merged_into is not None:
        lead = session.get(Lead, lead.merged_into)
    own = spoken(None if lead is None else (lead.attributes or {}).get(ATTRIBUTE))
    if own is not None:
        return own
    content = (
        select(CampaignVersion.content["language"].astext)
        .join(
            CampaignMessage,
            (CampaignMessage.campaign == CampaignVersion.campaign)
            & (CampaignMessage.version == CampaignVersion.version),
        )
        .where(CampaignMessage.id == message_id)
    )
    return spoken(session.scalar(content))
