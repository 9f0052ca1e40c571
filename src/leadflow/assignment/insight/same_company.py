"""Other leads at the company of a lead, as far as somebody may see them."""

from dataclasses import dataclass

from sqlalchemy import Text, func, literal, select
from sqlalchemy.orm import Session

from leadflow.accounts.permissions import Reach
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.reach import leads_of
from leadflow.leads.finding.search_indexes import company, works_at
from leadflow.leads.tables import Lead, Outcome
from leadflow.scoring.overrides.standing import effective_level, effective_score, in_force
from leadflow.scoring.tables import LeadScore, ScoreOverride

MOST = 10


@dataclass(frozen=True)
class Colleague:
    """Another lead at the same company: its score and level that count, how it ended, and who has
    it; None where there is none."""

    lead: Lead
    total: float | None
    level: str | None
    outcome: str | None
    holder: str | None


def at_the_same_company(
    session: Session, lead: Lead, rep_id: str | None, reach: Reach
) -> list[Colleague]:
    """At most ten others whose company is called the same, capitals and accents aside; open ones
    first, the best first."""
    if not lead.company_name:
        return []
    named = func.searched_text(literal(lead.company_name, Text), type_=Text)
    held = (Assignment.lead_id == Lead.id) & Assignment.ended_at.is_(None)
    overridden = (ScoreOverride.lead_id == Lead.id) & in_force(func.now())
    # The index finds parts of names, of which these are whole.
    query = (
        select(Lead, effective_score(), effective_level(), Outcome.outcome, Rep.name)
        .outerjoin(LeadScore, (LeadScore.lead_id == Lead.id) & LeadScore.is_current)
        .outerjoin(ScoreOverride, overridden)
        .outerjoin(Outcome, Outcome.lead_id == Lead.id)
        .outerjoin(Assignment, held)
        .outerjoin(Rep, Rep.id == Assignment.rep_id)
        .where(works_at(lead.company_name), company() == named)
        .where(Lead.id != lead.id, Lead.merged_into.is_(None), leads_of(session, rep_id, reach))
        .order_by(Outcome.id.is_not(None), effective_score().desc().nulls_last(), Lead.id)
        .limit(MOST)
    )
    return [Colleague(*row) for row in session.execute(query).tuples()]
