"""The campaigns that there are, without reading what their steps say."""

from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from leadflow.campaigns.tables import CampaignState, CampaignVersion


@dataclass(frozen=True)
class Listed:
    """A campaign as lists show it: its title for people, and what it is doing."""

    title: str
    state: str


def listed(session: Session) -> dict[str, Listed]:
    """Every campaign, by name."""
    return {
        row.campaign: Listed(row.content["name"], state.state)
        for row, state in session.execute(newest())
    }


def newest() -> Select[tuple[CampaignVersion, CampaignState]]:
    """The newest version of each campaign, with its state."""
    return (
        select(CampaignVersion, CampaignState)
        .join(CampaignState, CampaignState.name == CampaignVersion.campaign)
        .distinct(CampaignVersion.campaign)
        .order_by(CampaignVersion.campaign, CampaignVersion.version.desc())
    )
