"""The figures of campaigns: how many messages something has happened to. Kept up as it does."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.campaigns.feedback.noted import New
from leadflow.campaigns.feedback.tables import CampaignFigure
from leadflow.campaigns.feedback.told import CLASSES
from leadflow.database.copying import run

BOUNCED, BY_MACHINE = "bounced_", "_by_machine"
# In the order in which they are shown; what was sent is counted by a trigger.
FIGURES = (
    "sent",
    "delivered",
    "deferred",
    *(f"{BOUNCED}{one}" for one in CLASSES),
    "complained",
    "unsubscribed",
    "opened",
    f"opened{BY_MACHINE}",
    "clicked",
    f"clicked{BY_MACHINE}",
    "replied",
    "auto_replied",
)
COUNT = """
INSERT INTO campaign_figures AS f (campaign, version, step, figure, messages)
SELECT * FROM unnest(%(campaigns)s::text[], %(versions)s::int[], %(steps)s::text[],
    %(figures)s::text[], %(messages)s::bigint[])
ON CONFLICT (campaign, version, step, figure)
DO UPDATE SET messages = f.messages + excluded.messages
"""


def count(session: Session, new: Sequence[New]) -> None:
    """Count each message to which something has happened for the first time."""
    found = Counter(
        (one.message.campaign, one.message.version, one.message.step, figure_of(one))
        for one in new
        if one.first
    )
    # In one order, so that two who count the same wait for each other and never cross.
    keys = sorted(found)
    if keys:
        values = {
            "campaigns": [one[0] for one in keys],
            "versions": [one[1] for one in keys],
            "steps": [one[2] for one in keys],
            "figures": [one[3] for one in keys],
            "messages": [found[one] for one in keys],
        }
        run(session, COUNT, values)


def figure_of(new: New) -> str:
    """Which figure it counts in."""
    told = new.told
    if told.bounce_class is not None:
        return f"{BOUNCED}{told.bounce_class}"
    return told.kind if told.machine is None else f"{told.kind}{BY_MACHINE}"


def figures_by_step(session: Session, campaign: str) -> dict[str, dict[str, int]]:
    """The figures of each step of a campaign, over all of its versions; what is not named is 0."""
    asked = (
        select(CampaignFigure.step, CampaignFigure.figure, func.sum(CampaignFigure.messages))
        .where(CampaignFigure.campaign == campaign)
        .group_by(CampaignFigure.step, CampaignFigure.figure)
    )
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for step, figure, messages in session.execute(asked).tuples():
        found[step][figure] = int(messages)
    return dict(found)


def figures_of(session: Session, campaign: str) -> dict[str, int]:
    """The figures of a whole campaign, over all of its versions; what is not named is 0."""
    found: Counter[str] = Counter()
    for figures in figures_by_step(session, campaign).values():
        found.update(figures)
    return dict(found)


def bounced_of(figures: Mapping[str, int]) -> int:
    """How many came back, of whatever class."""
    return sum(figures.get(f"{BOUNCED}{one}", 0) for one in CLASSES)
