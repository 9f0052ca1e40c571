"""In which language pages speak to whoever got a mail of a campaign."""

from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.schemas import Language
from leadflow.campaigns.tables import CampaignMessage, CampaignVersion
from leadflow.leads.tables import Lead

LANGUAGES: tuple[Language, ...] = get_args(Language)
# What companies call the attribute in which they keep it.
ATTRIBUTE = "language"


def language_for(session: Session, lead_id: str, message_id: str) -> Language:
    """The lead's own language, where its attribute says one that is spoken here; else that of the
    message's campaign; else English."""
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
    return spoken(session.scalar(content)) or "en"


def spoken(said: object) -> Language | None:
    """The language of a code such as ``de``, ``de-AT`` or ``pt_BR``; None where it is none of
    ours."""
    code = str(said or "").strip().lower().replace("_", "-").partition("-")[0]
    return next((one for one in LANGUAGES if one == code), None)
