"""What campaigns did in a period: who came in, how it ended, what became of messages."""

from collections import defaultdict

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.analytics.period import Period
from leadflow.analytics.schemas import CampaignDidOut, CampaignsReport, CountOut

CAME = text(
    """
SELECT campaign, count(*) FROM enrolments
WHERE began_at >= :since AND began_at < :until AND ended_as IS DISTINCT FROM 'held_out'
GROUP BY campaign
"""
)
HELD_OUT = text(
    """
SELECT campaign, count(*) FROM enrolments
WHERE began_at >= :since AND began_at < :until AND ended_as = 'held_out' GROUP BY campaign
"""
)
ENDED = text(
    """
SELECT campaign, ended_as, count(*) FROM enrolments
WHERE ended_at >= :since AND ended_at < :until AND ended_as <> 'held_out'
GROUP BY campaign, ended_as ORDER BY campaign, count(*) DESC, ended_as
"""
)
MESSAGES = text(
    """
SELECT campaign, status, count(*) FROM campaign_messages
WHERE due_at >= :since AND due_at < :until
GROUP BY campaign, status ORDER BY campaign, status
"""
)
WITHHELD = text(
    """
SELECT campaign, why, count(*) FROM campaign_messages
WHERE due_at >= :since AND due_at < :until AND status = 'withheld'
GROUP BY campaign, why ORDER BY campaign, count(*) DESC, why
"""
)


def campaigns_report(session: Session, period: Period) -> CampaignsReport:
    """Each campaign that did anything in a period, by name."""
    bounds = period.bounds
    came = dict(session.execute(CAME, bounds).tuples().all())
    held_out = dict(session.execute(HELD_OUT, bounds).tuples().all())
    told: dict[str, dict[str, list[CountOut]]] = defaultdict(lambda: defaultdict(list))
    for what, asked in (("ends", ENDED), ("messages", MESSAGES), ("withheld", WITHHELD)):
        for campaign, name, count in session.execute(asked, bounds):
            told[campaign][what].append(CountOut(name=name, count=count))
    return CampaignsReport(
        since=period.since,
        until=period.until,
        campaigns=[
            CampaignDidOut(
                campaign=name,
                came_in=came.get(name, 0),
                held_out=held_out.get(name, 0),
                ends=told[name]["ends"],
                messages=told[name]["messages"],
                withheld=told[name]["withheld"],
            )
            for name in sorted({*came, *held_out, *told})
        ],
    )
