"""The catalogue of kinds of decision. Rooms declare them, the composition root installs them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from leadflow.accounts.tables import Person
from leadflow.approvals.tables import Approval
from leadflow.catalogues import Catalogue
from leadflow.conditions.values import ValueKind, Values

Content = dict[str, Any] | None


class SubjectChanged(RuntimeError):
    """What was approved is no longer what it was, so nothing is done about it."""


@dataclass(frozen=True)
class DecisionKind:
    """``content``: what the subject is at this moment, None where it is gone; an approval is of
    exactly that. ``of_lead``: its subject is a lead, and only who reaches that lead may decide.
    ``facts``: what its proposals tell besides the usual (``policies.FACTS``), for policies to go
    by; ``values``: all that one of them can be, where that is one of a few. ``unforeseen``: whom
    one needs that no policy fits; ``once_approved``: what else is true from then on, such as that
    others are void."""

    name: str
    words: str
    content: Callable[[Session, str, dict[str, Any]], Content]
    of_lead: bool = False
    facts: Mapping[str, ValueKind] = field(default_factory=dict)
    values: Mapping[str, Callable[[], Values]] = field(default_factory=dict)
    unforeseen: Literal["admin", "nobody"] = "admin"
    once_approved: Callable[[Session, Approval, datetime], None] | None = None


class UnknownDecision(LookupError):
    """No room declares decisions of this kind."""


# Those of some leads that a person may work on, or see at all: a later room knows.
ReachedLeads = Callable[[Session, Person, Collection[str]], Collection[str]]
KINDS = Catalogue[DecisionKind]("kinds of decision")
_reached_leads: list[ReachedLeads] = []


def install(kinds: Iterable[DecisionKind], reached_leads: ReachedLeads) -> None:
    """Let these be all the kinds there are."""
    KINDS.install({kind.name: kind for kind in kinds})
    _reached_leads[:] = [reached_leads]


def reached(session: Session, person: Person, approvals: Iterable[Approval]) -> set[str]:
    """Ids of those of these approvals whose subject is within the person's reach."""
    leads = {
        one.id: one.subject_id if one.kind in KINDS and KINDS[one.kind].of_lead else None
        for one in approvals
    }
    asked = {lead_id for lead_id in leads.values() if lead_id is not None}
    within = _reached_leads[0](session, person, asked) if asked else ()
    return {own for own, lead_id in leads.items() if lead_id is None or lead_id in within}


def declared_facts() -> dict[str, ValueKind]:
    """What the proposals of some kind tell besides the usual."""
    return {name: kind for declared in KINDS.values() for name, kind in declared.facts.items()}


def declared_values(fact: str) -> Values | None:
    """All that a fact can be that some kind declares; None where that is anything."""
    for declared in KINDS.values():
        if fact in declared.values:
            return declared.values[fact]()
    return None


def asks_nobody_unforeseen(name: str) -> bool:
    """Whether a decision of this kind that no policy fits needs nobody."""
    return name in KINDS and KINDS[name].unforeseen == "nobody"


def kind_of(name: str) -> DecisionKind:
    """The kind of this name.

    Raises:
        UnknownDecision: no room declares it.
    """
    if name not in KINDS:
        raise UnknownDecision(f"There are no decisions of the kind {name}.")
    return KINDS[name]


def alone_because(approval: Approval) -> str | None:
    """Why a decision is taken on a page of its own; None where it may go with others.

    One person settles what goes with others, it is about one lead, and nothing of it is accepted
    by name. Each is still decided by itself, under its own policy.
    """
    if approval.payload.get("must_acknowledge"):
        return "It comes with warnings that are accepted by name."
    if len(approval.levels) > 1 or any(level["quorum"] > 1 for level in approval.levels):
        return "More than one person decides it."
    if approval.kind not in KINDS or not KINDS[approval.kind].of_lead:
        return "It is about more than one lead: see what it does first."
    return None
