"""What a lead's page shows, read together part by part."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.insight.same_company import at_the_same_company
from leadflow.assignment.offered import offered_to
from leadflow.assignment.routing.decision_trace import Trace, last_trace
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.naming import called, names_of_people
from leadflow.assignment.team.reach import reaches_lead
from leadflow.assignment.work.handover import current_assignment
from leadflow.gateway.api.leads.lead_answers import lead_version, next_step, score_out
from leadflow.gateway.api.leads.schemas import LeadOut
from leadflow.gateway.api.team.assignments import AssignmentDecisionOut, names_of_reps
from leadflow.gateway.console.campaigns.standing import in_campaigns
from leadflow.gateway.console.history import history
from leadflow.gateway.console.in_words import doer
from leadflow.gateway.console.kept import kept_of
from leadflow.gateway.console.one_lead import answer
from leadflow.gateway.console.one_lead.fields import LABELS_OF_FIELDS, as_typed
from leadflow.gateway.console.one_lead.own_fields import OwnField, own_fields
from leadflow.gateway.console.one_lead.timeline import folded, others
from leadflow.intake.merging import merges_of
from leadflow.intake.standings import LeadStanding
from leadflow.leads.tables import Lead
from leadflow.leads.updating import counters_now

if TYPE_CHECKING:
    from models.scores import Scorer

MAY = {"may_edit": "lead.edit", "may_tell": "lead.fact", "may_enrol": "campaign.enroll"}
ON_WORK = {"work": "lead.work", "give": "lead.reassign"}


def how_good(
    session: Session, scorer: "Scorer | None", standing: LeadStanding, now: datetime
) -> dict[str, Any]:
    """The score and its reasons, the chance, and what would raise it."""
    score, override = standing.score, standing.override
    setters = names_of_people(session, [override.override_by if override else None])
    told: dict[str, Any] = {
        "ended": standing.outcome,
        "set_by": override and (setters.get(override.override_by) or doer(override.set_by)),
        "score": score_out(standing),
        "next_step": next_step(standing),
        "regimes": answer.REGIMES,
    }
    if score is None:
        return told | {"points": [], "bar": None, "chance": None, "would_raise": []}
    points = answer.points_of(score, answer.labels(session, scorer))
    interval = score.probability, score.probability_low, score.probability_high
    steps = [] if standing.outcome else answer.raising(session, scorer, standing.lead.id, now)
    return told | {
        "points": points,
        "sum": score.points,
        "bar": answer.bar(points),
        "chance": answer.chance(*interval),
        "would_raise": steps,
    }


def who_has_it(session: Session, caller: Actor, lead_id: str, now: datetime) -> dict[str, Any]:
    """Whose the lead is and why, why not the reader's, and what the reader can do about it."""
    made, trace, reps = (
        current_assignment(session, lead_id),
        last_trace(session, lead_id),
        names_of_reps(session),
    )
    active = active_reps(session)
    mine = made is not None and made.rep_id == caller.rep_id
    may = _all_within(session, caller, lead_id, ON_WORK)
    return {
        "work": work_on(made) if may["work"] else None,
        "held": made,
        "mine": mine,
        "holder": made and ("You" if mine else reps[made.rep_id]),
        "why_not_me": _why_not_me(trace, caller, mine),
        "offered": _offered(session, caller, made),
        "task_reps": active,
        "reps": [one for one in active if made is None or one.id != made.rep_id]
        if may["give"]
        else [],
        "decision": trace and AssignmentDecisionOut.of(trace, reps),
    }


def what_is_kept(session: Session, caller: Actor, lead: Lead, now: datetime) -> dict[str, Any]:
    """What is known and kept of it, what happened, and what may be changed."""
    kept, mailed = kept_of(session, caller, lead.id), in_campaigns(session, lead, now)
    own = own_fields(session, lead)
    return {
        "lead": lead,
        "name": called(lead),
        "known": known_of(LeadOut.of(lead), counters_now(session, lead), own),
        "version": lead_version(lead),
        "fields": as_typed(LeadOut.of(lead)),
        "labels": LABELS_OF_FIELDS,
        "own": own,
        "kept": kept,
        "mailed": mailed,
        "timeline": folded([*history(session, lead), *others(kept, mailed)]),
        "colleagues": at_the_same_company(
            session, lead, caller.rep_id, caller.reach("lead.read") or Reach.OWN
        ),
        "merges": [one for one in merges_of(session, lead.id).items if one.survivor_id == lead.id],
        **_all_within(session, caller, lead.id, MAY),
    }


def known_of(
    lead: LeadOut, counted: Mapping[str, int], own: Sequence[OwnField]
) -> list[tuple[str, str]]:
    """What is known of a lead beside how to reach it, as a person reads it; ``counted``: how often
    it did what is counted, up to now; ``own``: a company's own attributes."""
    budget = "" if lead.budget is None else f"{lead.budget:,.0f} {lead.currency}"
    told: list[tuple[str, Any]] = [
        ("company", lead.company_name),
        ("people", None if lead.company_size is None else f"{lead.company_size:,}"),
        ("industry", lead.industry),
        ("where", lead.location),
        ("budget", budget),
        ("wants to start", lead.timeline),
        ("asks for", ", ".join(lead.service_requirements or [])),
        ("website visits", counted.get("website_visits")),
        ("e-mails opened", counted.get("email_opens")),
        ("downloads", counted.get("content_downloads")),
        *((one.label, one.value) for one in own),
    ]
    return [(name, str(value)) for name, value in told if value not in (None, "")]


def work_on(made: Assignment | None) -> list[str]:
    """What whoever has the lead can say about it next."""
    if made is None:
        return []
    new = ["accept"] if made.accepted_at is None else []
    return [*new, "touch", "decline" if new else "return"]


def within(session: Session, caller: Actor, permission: str, lead_id: str) -> bool:
    """Whether the caller may do this with this lead, as it stands now."""
    reach = caller.reach(permission)
    return reach is not None and reaches_lead(session, caller.rep_id, reach, lead_id)


class Named(NamedTuple):
    """A salesperson to be chosen."""

    id: str
    name: str


def active_reps(session: Session) -> list[Named]:
    """Who works here, by name."""
    active = session.execute(select(Rep.id, Rep.name).where(Rep.active)).tuples()
    return sorted((Named(*one) for one in active), key=lambda rep: rep.name.casefold())


def _why_not_me(trace: Trace | None, caller: Actor, mine: bool) -> str | None:
    """Why the reader did not get it, where they are a salesperson and a rule decided."""
    if trace is None or mine or caller.rep_id is None:
        return None
    return trace.why_not(caller.rep_id)


def _offered(session: Session, caller: Actor, made: Assignment | None) -> bool:
    """Whether the lead is offered to the caller, who stands above whoever has it."""
    if made is None or caller.rep_id is None or caller.reach("lead.work") is None:
        return False
    asked = select(exists().where(Assignment.id == made.id, offered_to(caller.rep_id)))
    return bool(session.scalar(asked))


def _all_within(
    session: Session, caller: Actor, lead_id: str, permissions: Mapping[str, str]
) -> dict[str, bool]:
    """Each of these with whether the caller has the permission for this lead; each reach is looked
    up once."""
    reaches = {name: caller.reach(permission) for name, permission in permissions.items()}
    covered = {
        reach: reaches_lead(session, caller.rep_id, reach, lead_id)
        for reach in set(reaches.values())
        if reach is not None
    }
    return {name: reach is not None and covered[reach] for name, reach in reaches.items()}
