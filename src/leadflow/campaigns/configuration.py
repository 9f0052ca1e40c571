"""Campaigns as configuration: ``campaigns.yaml``. What each is doing, draft or live, is in no
file."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.reading import CampaignsInvalid, read_campaigns
from leadflow.campaigns.definitions.schemas import Campaign, Content
from leadflow.campaigns.definitions.steps import Step
from leadflow.campaigns.store import service
from leadflow.campaigns.tables import CampaignVersion
from leadflow.configuration.kinds import ConfigurationKind, ContentRefused, Stored
from leadflow.configuration.reading_order import in_order
from leadflow.configuration.versions import changes_of, contents_at
from leadflow.rules.configuration import read
from leadflow.rules.field_catalogue import known_names
from leadflow.rules.text_format import write_yaml
from leadflow.workflow.catalogue import ACTIONS, model_of

SECTION = "campaigns"


def store(session: Session, content: Any, by: str, now: datetime) -> Stored:
    """Write down the campaigns that differ, each as a new version that leads come into once it is
    launched.

    Raises:
        ContentRefused: with everything that is wrong.
    """
    try:
        given = read_campaigns(content, model_of(ACTIONS.values()), known_names(session))
    except CampaignsInvalid as error:
        raise ContentRefused(error.problems) from error
    applied = service.apply(session, given, by, now)
    advice = (
        f"Nobody comes into what is new of {name} before it is launched: leadflow campaigns "
        f"launch {name}"
        for name in (*applied.new, *applied.changed)
    )
    return Stored(applied.new, applied.changed, tuple(advice))


def in_force(session: Session, at: datetime | None) -> dict[str, Any] | None:
    """The campaigns as they were written at a moment, None for now."""
    said_then = contents_at(session, CampaignVersion.campaign, at)
    found = {name: _as_written(said) for name, said in said_then.items()}
    return {SECTION: found} if found else None


def _as_written(said: dict[str, Any]) -> dict[str, Any]:
    """As a person writes it: the store keeps the keys of a mapping in another order."""
    steps = [in_order(step, Step.model_fields) for step in said["steps"]]
    contents = {
        name: in_order(one, Content.model_fields) for name, one in said.get("contents", {}).items()
    }
    more = {"steps": steps} | ({"contents": contents} if contents else {})
    return in_order(said | more, Campaign.model_fields)


CONFIGURATION = ConfigurationKind(
    SECTION,
    "campaign.write",
    read,
    write_yaml,
    service.take_turns,
    store,
    in_force,
    changes_of(CampaignVersion.campaign),
    section=SECTION,
)
