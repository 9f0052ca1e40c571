"""What workflow rules can do with salespeople: assign a lead, and tell people of it."""

from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.choice.actions import AssignActions
from leadflow.assignment.choice.strategies import StrategyName
from leadflow.assignment.notices import Notice, To, tell
from leadflow.assignment.routing.request import Routable, hand_out_by
from leadflow.assignment.tables import Rep, Team
from leadflow.assignment.work.handover import (
    AssignmentChanged,
    RepFull,
    RepInactive,
    current_assignment,
)
from leadflow.assignment.work.service import Said, reassign
from leadflow.conditions.problems import nearest
from leadflow.conditions.rule_actions import Cause, DoneBy, RuleAction, by_rule
from leadflow.leads.service import lock_lead
from leadflow.outbox.acts import NotPerformed
from leadflow.scoring.overrides.standing import active_override
from leadflow.scoring.serving.score import current_scores
from leadflow.settings import Settings

Whom = Literal["owner", "team_lead", "manager"]
STANDING: dict[Whom, To] = {"owner": "rep", "team_lead": "team_lead", "manager": "manager"}


class _Params(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AssignParams(_Params):
    """To whom a lead goes: one salesperson, or whoever a strategy chooses of a pool."""

    rep: str | None = Field(default=None, description="A salesperson, by the company's own id.")
    strategy: StrategyName | None = Field(default=None, description="Left out: the setting's.")
    teams: list[str] = Field(default=[], description="Only of these teams.")
    reassign: bool = Field(
        default=False, description="With `rep`: also where somebody has the lead already."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.rep is not None and (self.strategy is not None or self.teams):
            raise ValueError("say `rep`, or `strategy` and `teams`, not both")
        if self.reassign and self.rep is None:
            raise ValueError("`reassign` needs a `rep`")
        return self


class NotifyParams(_Params):
    """Who is told of a lead."""

    to: Annotated[list[Whom], Field(min_length=1)] = Field(
        default=["owner"], description=f"Of {', '.join(get_args(Whom))}."
    )
    reps: list[str] = Field(default=[], description="Salespeople, by the company's own ids.")


class EscalateParams(_Params):
    """A lead is passed up: the team's lead and the manager are told that it is theirs to watch."""


def assign(session: Session, settings: Settings, said: AssignParams, cause: Cause) -> DoneBy:
    """Give the lead to somebody, where nobody has it or the rule says that does not matter."""
    lead = lock_lead(session, cause.lead_id)
    made = current_assignment(session, lead.id)
    if made is not None and not said.reassign:
        return DoneBy({"rep": made.rep_id}, "Somebody has the lead.")
    if said.rep is not None:
        who = Said(by_rule(cause), cause.at)
        try:
            given = reassign(session, settings, lead.id, who, said.rep, f"rule {cause.rule_id}")
        except (AssignmentChanged, RepFull, RepInactive) as error:
            return DoneBy({}, str(error))
        return DoneBy({"rep": given.rep_id})
    score = current_scores(session, [lead.id]).get(lead.id)
    if score is None:
        return DoneBy({}, "The lead has no score yet.")
    override = active_override(session, lead.id, cause.at)
    actions = AssignActions(strategy=said.strategy, teams=said.teams, at_once=True)
    one = Routable(lead, score, override)
    found = hand_out_by(session, settings, one, f"workflow:{cause.rule_id}", actions, cause.at)
    if found is None:
        raise NotPerformed("Others are handing leads out; it is tried again.")
    if lead.id not in found:
        return DoneBy({}, "Nobody can take the lead, or it has ended.")
    return DoneBy({"rep": found[lead.id].rep_id})


def notify(session: Session, settings: Settings, said: NotifyParams, cause: Cause) -> DoneBy:
    """Have people told of the lead by mail."""
    notices = [
        Notice("rule", rep_id, "rep", [cause.lead_id], cause.key)
        for rep_id in session.scalars(select(Rep.id).where(Rep.external_id.in_(said.reps)))
    ]
    made = current_assignment(session, cause.lead_id)
    if made is not None:
        notices += [
            Notice("rule", made.rep_id, STANDING[whom], [cause.lead_id], cause.key)
            for whom in said.to
        ]
    if not notices:
        return DoneBy({}, "Nobody has the lead, and the rule names nobody else.")
    tell(session, notices)
    return DoneBy({"told": len(notices)})


def escalate(session: Session, settings: Settings, said: EscalateParams, cause: Cause) -> DoneBy:
    """Have those above whoever has the lead told that it is theirs to watch."""
    made = current_assignment(session, cause.lead_id)
    if made is None:
        return DoneBy({}, "Nobody has the lead, so nobody stands above them.")
    above: tuple[To, ...] = ("team_lead", "manager")
    tell(
        session,
        [Notice("watched", made.rep_id, to, [cause.lead_id], cause.key) for to in above],
    )
    return DoneBy({"told": len(above)})


def _unknown(session: Session, reps: list[str], teams: list[str]) -> list[str]:
    known_reps = set(session.scalars(select(Rep.external_id)))
    known_teams = set(session.scalars(select(Team.name)))
    return [
        f"There is no {name!r}. {nearest(name, known)}"
        for names, known in ((reps, known_reps), (teams, known_teams))
        for name in names
        if name not in known
    ]


def _unknown_of_assign(session: Session, said: AssignParams) -> list[str]:
    return _unknown(session, [said.rep] if said.rep is not None else [], said.teams)


def _unknown_of_notify(session: Session, said: NotifyParams) -> list[str]:
    return _unknown(session, said.reps, [])


RULE_ACTIONS = (
    RuleAction(
        "assign",
        AssignParams,
        assign,
        causes=lambda _: frozenset({"lead.assigned"}),
        # Without it, whoever has the lead keeps it, and nothing follows.
        sets=lambda said: {"(owner)": said.rep} if said.reassign else {},
        problems=_unknown_of_assign,
    ),
    RuleAction("notify", NotifyParams, notify, problems=_unknown_of_notify),
    RuleAction("escalate", EscalateParams, escalate),
)
