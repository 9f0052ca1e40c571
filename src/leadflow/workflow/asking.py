"""What workflow rules can ask: a person's approval of further actions."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from leadflow.approvals import service as approvals
from leadflow.approvals.approved_act import approved_act
from leadflow.approvals.decision_kinds import DecisionKind, SubjectChanged
from leadflow.approvals.tables import Approval
from leadflow.conditions.rule_actions import Cause, DoneBy, RuleAction, by_rule
from leadflow.leads.tables import Lead
from leadflow.refusals import in_words
from leadflow.settings import Settings
from leadflow.workflow.catalogue import ACTIONS, action_of, others

KIND = "rule_actions"
CARRY_OUT = "carry_out_rule_actions"
NAME = "request_approval"


class AskParams(BaseModel):
    """What is done once somebody agrees."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    then: dict[str, Any] = Field(min_length=1, description="Actions, as a rule has them.")


def ask(session: Session, settings: Settings, said: AskParams, cause: Cause) -> DoneBy:
    """Ask the people whom the policies name; a question of the same rule about the same lead that
    still waits is void."""
    actions = "\n".join(f"- {_words(name)}: {_plain(what)}" for name, what in said.then.items())
    question = approvals.Proposal(
        kind=KIND,
        subject_id=cause.lead_id,
        act=CARRY_OUT,
        payload={"lead_id": cause.lead_id, "rule_id": cause.rule_id, "then": said.then},
        description=(
            f"# Do what the rule {_words(cause.rule_id)} says with {cause.lead_id}?\n\n{actions}"
        ),
        requested_by=by_rule(cause),
        facts={"priority": "normal"},
        replaces="subject",
    )
    return DoneBy({"approval": approvals.propose(session, question, cause.at).id})


def content(session: Session, lead_id: str, payload: dict[str, Any]) -> dict[str, Any] | None:
    """What is decided about: the lead, as long as it is there, and what would be done."""
    if session.get(Lead, lead_id) is None:
        return None
    return {"rule": payload["rule_id"], "then": payload["then"]}


def carry_out(
    session: Session, settings: Settings, payload: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Do what was approved, in the order in which the rule says it."""

    def act(approval: Approval) -> dict[str, Any]:
        said = approval.payload
        told: dict[str, Any] = {}
        for name, written in _in_order(said["then"]):
            action = action_of(name)
            cause = Cause(said["rule_id"], said["lead_id"], f"{approval.id}:{name}", now)
            try:
                params = action.params.model_validate(written)
            except ValidationError as error:
                raise SubjectChanged(f"{name} no longer understands what was asked.") from error
            done = action.perform(session, settings, params, cause)
            told[name] = done.nothing or dict(done.result)
        return told

    return approvals.carry_out(session, payload["approval_id"], now, act)


def _plain(said: Any) -> str:
    """What a rule says, without brackets."""
    if isinstance(said, dict):
        return "; ".join(f"{_words(name)}: {_plain(value)}" for name, value in said.items())
    if isinstance(said, list):
        return ", ".join(map(_plain, said))
    if isinstance(said, bool):
        return "yes" if said else "no"
    return str(said)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _in_order(then: dict[str, Any]) -> list[tuple[str, Any]]:
    """Approvals keep JSON, whose order is nobody's: the catalogue's counts."""
    return [(name, then[name]) for name in ACTIONS if name in then]


def _problems(session: Session, said: AskParams) -> list[str]:
    try:
        read = others(NAME).model_validate(said.then)
    except ValidationError as error:
        found = []
        for one in error.errors(include_url=False, include_input=False):
            place = ".".join(str(part) for part in one["loc"])
            found.append(f"then.{place}: {in_words(dict(one))}.")
        return found
    return [
        f"then.{name}: {problem}"
        for name in said.then
        for problem in action_of(name).problems(session, getattr(read, name))
    ]


ACTION = RuleAction(NAME, AskParams, ask, problems=_problems)
ACTS = (approved_act(CARRY_OUT, carry_out),)
DECISION_KINDS = (DecisionKind(KIND, "Actions of a rule", content, of_lead=True),)
