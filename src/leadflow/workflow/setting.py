"""What workflow rules can set: fields and attributes of a lead, read like those of any edit."""

from collections.abc import Mapping
from typing import Any

from pydantic import RootModel, ValidationError, model_validator
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.audit.context import acting
from leadflow.conditions.rule_actions import UNKNOWN, Cause, DoneBy, RuleAction, by_rule
from leadflow.conditions.values import fold
from leadflow.intake.edits import Edit, edit_leads
from leadflow.intake.senders import Sender
from leadflow.leads.schemas import LeadEdit
from leadflow.leads.service import get_lead
from leadflow.refusals import in_words
from leadflow.settings import Settings

# They say who a lead is; rules are about leads in general.
OF_PEOPLE = ("email", "phone", "first_name", "last_name")
# What is derived from a field, so that a rule on it is one on the field.
FOLLOW = {
    "timeline": ("timeline_months",),
    "job_title": ("seniority",),
    "location": ("country", "region"),
}
# Whatever of a lead is known anew, it is scored anew.
SCORED = (
    "total_score",
    "level",
    "probability",
    "confidence",
    "regime",
    "demographic",
    "behavioural",
    "engagement",
    "fit",
    "ai",
)


class SetParams(RootModel[dict[str, Any]]):
    """Fields of a lead with the values they get; null empties one, ``attributes`` are merged."""

    @model_validator(mode="after")
    def _readable(self) -> "SetParams":
        if not self.root:
            raise ValueError("say at least one field, such as {timeline: 3 months}")
        for name in OF_PEOPLE:
            if name in self.root:
                raise ValueError(f"a rule cannot set {name}, which is a person's own")
        try:
            LeadEdit.model_validate(self.root)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ValueError(f"{place}: {in_words(dict(first))}") from error
        return self


def set_fields(session: Session, settings: Settings, said: SetParams, cause: Cause) -> DoneBy:
    """Change the fields, where they are not that already; the lead is scored anew soon after."""
    edit = LeadEdit.model_validate(said.root)
    before = _values(session, cause.lead_id, edit)
    who = Actor("key", by_rule(cause), by_rule(cause))
    # Without a model at hand the lead is marked, and the background scores it within a second.
    [where] = edit_leads(
        session, [Edit(cause.lead_id, edit, Sender(who, acting()))], None, settings
    )
    if isinstance(where, Exception):
        return DoneBy({}, str(where))
    changed = sorted(
        name
        for name, value in _values(session, cause.lead_id, edit).items()
        if before[name] != value
    )
    if not changed:
        return DoneBy({}, "The lead has these values already.")
    return DoneBy({"set": changed})


def _values(session: Session, lead_id: str, edit: LeadEdit) -> dict[str, Any]:
    lead = get_lead(session, lead_id)
    session.flush()
    names = {"budget": "budget_minor", "currency": "budget_currency"}
    return {
        name: dict(lead.attributes)
        if name == "attributes"
        else getattr(lead, names.get(name, name))
        for name in edit.model_fields_set
        if hasattr(lead, names.get(name, name))
    }


def _sets(said: SetParams) -> Mapping[str, Any]:
    """Texts, as conditions compare them; what a number becomes is for the reader of edits to
    say."""
    fields: dict[str, Any] = dict.fromkeys(SCORED, UNKNOWN)
    for name, value in said.root.items():
        if name == "attributes" and isinstance(value, dict):
            fields |= {f"attributes.{one}": _plain(given) for one, given in value.items()}
        else:
            fields[name] = _plain(value)
            fields |= dict.fromkeys(FOLLOW.get(name, ()), UNKNOWN)
    return fields


def _plain(value: Any) -> Any:
    return fold(value) if isinstance(value, str) else value


ACTION = RuleAction(
    "set",
    SetParams,
    set_fields,
    causes=lambda _: frozenset({"lead.updated", "lead.scored", "lead.level_changed"}),
    sets=_sets,
)
