"""What was previewed of a campaign and what came of it, lead by lead: each difference has a
reason."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.enrolling.entries import Entry
from leadflow.campaigns.enrolling.service import AT_A_TIME, entries_of
from leadflow.campaigns.store import service
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.tables import CampaignPreviewed
from leadflow.database.copying import write_rows
from leadflow.leads.tables import Lead
from leadflow.rules.compiling import compiled
from leadflow.rules.sources import lead_source

Became = Literal[
    "came_in",
    "held_out",
    "stayed_out",
    "deleted",
    "merged",
    "fits_no_more",
    "let_in_no_more",
    "not_yet",
    "fits_since",
    "by_rule",
    "by_program",
    "by_person",
    "moved",
]
IN_WORDS: Mapping[Became, str] = {
    "came_in": "came in",
    "held_out": "is kept out, to compare with",
    "stayed_out": "did not come in",
    "deleted": "has been deleted since",
    "merged": "has been merged into another lead since",
    "fits_no_more": "is not what the campaign asks for any more",
    "let_in_no_more": "was in the campaign by then, as often or as lately as it lets somebody in",
    "not_yet": "has not been looked at yet: within a minute of the launch",
    "fits_since": "came in: it has become what the campaign asks for since",
    "by_rule": "came in by a workflow rule",
    "by_program": "came in by a program, over the API",
    "by_person": "came in by name, by a person",
    "moved": "came in before, and was moved here from an older version",
}
# As it was previewed, or as nobody previews it.
ROWS = text(
    """
WITH previewed AS (
    SELECT lead_id, entry FROM campaign_previewed WHERE campaign = :campaign AND version = :version
), came AS (
    SELECT DISTINCT ON (lead_id) lead_id, enrolled_by, ended_as, began_at FROM enrolments
    WHERE campaign = :campaign AND version = :version ORDER BY lead_id, began_at
)
SELECT lead_id, p.entry, CASE
    WHEN c.ended_as = 'held_out' THEN 'held_out'
    WHEN c.lead_id IS NOT NULL AND p.entry = 'enrolled' THEN 'came_in'
    WHEN c.began_at < :launched_at THEN 'moved'
    WHEN c.enrolled_by = 'criteria' THEN 'fits_since'
    WHEN c.enrolled_by LIKE 'rule:%' THEN 'by_rule'
    WHEN c.enrolled_by LIKE 'key:%' THEN 'by_program'
    WHEN c.lead_id IS NOT NULL THEN 'by_person'
    WHEN p.entry <> 'enrolled' THEN 'stayed_out'
    WHEN l.id IS NULL THEN 'deleted'
    WHEN l.merged_into IS NOT NULL THEN 'merged'
    END AS became
FROM previewed p FULL JOIN came c USING (lead_id) LEFT JOIN leads l ON l.id = lead_id
ORDER BY lead_id
"""
)


@dataclass(frozen=True)
class Audited:
    """A lead: as what it was previewed (None: not at all), and what became of it."""

    lead_id: str
    previewed: Entry | None
    became: Became


def keep(session: Session, name: str, version: int, by_lead: Mapping[str, Entry]) -> None:
    """Keep what was previewed of a version, instead of what was before."""
    these = (CampaignPreviewed.campaign == name) & (CampaignPreviewed.version == version)
    session.execute(delete(CampaignPreviewed).where(these))
    session.flush()
    kinds = {"campaign": "text", "version": "whole", "lead_id": "text", "entry": "text"}
    rows = [(name, version, lead, entry) for lead, entry in sorted(by_lead.items())]
    if rows:
        write_rows(session, "campaign_previewed", kinds, rows)  # type: ignore[arg-type]


def audited(session: Session, name: str, now: datetime) -> list[Audited]:
    """Every lead that was previewed of the live version, and every one that came in, by id.

    Raises:
        NoCampaign, CampaignNotSo: it was never launched.
    """
    stored = service.read_campaign(session, name)
    version = stored.live_version
    if version is None:
        raise service.CampaignNotSo(f"{name} was never launched: leadflow campaigns preview {name}")
    asked = {"campaign": name, "version": version, "launched_at": stored.launched_at}
    rows = session.execute(ROWS, asked).all()
    missing = [row.lead_id for row in rows if row.became is None]
    program = programs(session, [(name, version)])[name, version]
    why = dict(_missing(session, program, missing, now))
    return [Audited(row.lead_id, row.entry, row.became or why[row.lead_id]) for row in rows]


def counted(found: list[Audited]) -> list[tuple[Entry | None, Became, int]]:
    """How many were previewed so and became that; it adds up to all of them."""
    counts = Counter((one.previewed, one.became) for one in found)
    return [(*key, count) for key, count in counts.most_common()]


def _missing(
    session: Session, program: Program, leads: list[str], now: datetime
) -> Iterator[tuple[str, Became]]:
    """Why these, which were to come in, have not."""
    when = None if program.enter is None else program.enter.when
    for first in range(0, len(leads), AT_A_TIME):
        some = leads[first : first + AT_A_TIME]
        fitting = set(some)
        if when is not None:
            asked = select(Lead.id).select_from(lead_source(now)).where(Lead.id.in_(some))
            fitting = set(session.scalars(asked.where(compiled(when, now))))
        entries = entries_of(session, program, some, now)
        for lead in some:
            if lead not in fitting:
                yield lead, "fits_no_more"
            else:
                yield lead, "not_yet" if entries[lead] == "enrolled" else "let_in_no_more"
