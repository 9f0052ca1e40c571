"""Answers about where a lead stands."""

from dataclasses import replace

from leadflow.accounts.actors import Actor
from leadflow.gateway.api.leads.schemas import (
    LeadAnswer,
    LeadBrief,
    LeadOut,
    LeadStatus,
    LeadView,
    OwnerOut,
    ScoreBrief,
    ScoreOut,
)
from leadflow.gateway.http.versions import version_of
from leadflow.intake.leads import LeadTaken
from leadflow.intake.standings import LeadStanding
from leadflow.leads.tables import Lead
from leadflow.scoring.levels import NEXT_STEPS

HAS_IT = "{name} has this lead and gets in touch."
UNSCORED = "Stored. It is scored in the background, and handed out where a rule says so."


def lead_answer(taken: LeadTaken, caller: Actor) -> LeadAnswer | LeadBrief:
    """The answer to a lead that was taken in."""
    standing = taken.standing
    if not _reads(caller):
        return LeadBrief(lead_id=standing.lead.id, score=score_brief(standing))
    return LeadAnswer(
        created=taken.created,
        lead=LeadOut.of(standing.lead),
        score=score_out(standing),
        owner=owner_out(standing),
        outcome=standing.outcome,
        next_step=next_step(standing),
    )


def lead_version(lead: Lead) -> str:
    """The version of what can be edited of a lead."""
    return version_of(LeadOut.of(lead))


def changed_lead(standing: LeadStanding, caller: Actor) -> LeadView | LeadBrief:
    """The answer to a lead that was changed."""
    if not _reads(caller):
        return LeadBrief(lead_id=standing.lead.id, score=score_brief(standing))
    return lead_view(standing)


def lead_view(standing: LeadStanding) -> LeadView:
    """A lead as it is stored, with its score, which it may not have yet."""
    return LeadView(
        lead=LeadOut.of(standing.lead),
        score=score_out(standing),
        outcome=standing.outcome,
        next_step=next_step(standing),
    )


def lead_status(standing: LeadStanding) -> LeadStatus:
    """A lead's score, its salesperson and why that one, its outcome, and what happens next."""
    return LeadStatus(
        lead_id=standing.lead.id,
        score=score_out(standing),
        owner=owner_out(standing),
        outcome=standing.outcome,
        next_step=next_step(standing),
    )


def score_out(standing: LeadStanding) -> ScoreOut | None:
    """The model's score and the override in force; None where the lead has no score yet."""
    if standing.score is None:
        return None
    return ScoreOut.of(standing.score, standing.override, standing.ai)


def score_brief(standing: LeadStanding) -> ScoreBrief | None:
    """The score that counts and its level; None where the lead has no score yet."""
    if standing.override is not None:
        return ScoreBrief(
            total=round(standing.override.new_score, 1), level=standing.override.level
        )
    if standing.score is None:
        return None
    return ScoreBrief(total=round(standing.score.total_score, 1), level=standing.score.level)


def score_for(caller: Actor, standing: LeadStanding) -> ScoreOut | ScoreBrief | None:
    """The score with its reasons where the caller may read leads."""
    return score_out(standing) if _reads(caller) else score_brief(standing)


def next_step_for(caller: Actor, standing: LeadStanding) -> str:
    """What happens with the lead next; who has it, only where the caller may read leads."""
    return next_step(standing if _reads(caller) else replace(standing, owner=None, override=None))


def _reads(caller: Actor) -> bool:
    return caller.reach("lead.read") is not None


def owner_out(standing: LeadStanding) -> OwnerOut | None:
    """The salesperson who has the lead."""
    made = standing.owner
    if made is None:
        return None
    return OwnerOut(
        rep_id=made.rep_id, name=made.name, since=made.since, why=made.why, due_at=made.due_at
    )


def next_step(standing: LeadStanding) -> str:
    """What happens with the lead next, in a sentence."""
    if standing.outcome is not None:
        ended = "converted" if standing.outcome == "converted" else "been lost"
        return f"Nothing: the lead has {ended}."
    if standing.owner is not None:
        return HAS_IT.format(name=standing.owner.name)
    if standing.score is None:
        return UNSCORED
    made = standing.override
    if made is None:
        return NEXT_STEPS[standing.score.level]
    return f"By the score set by hand, until {made.expires_at:%Y-%m-%d}: {NEXT_STEPS[made.level]}"
