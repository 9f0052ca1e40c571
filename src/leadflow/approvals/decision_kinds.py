"""The catalogue of kinds of decision. Rooms declare them, the composition root installs them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from leadflow.accounts.tables import Person
from leadflow.approvals.tables import Approval
from leadflow.conditions.values import ValueKind

Content = dict[str, Any] | None


class SubjectChanged(RuntimeError):
    """What was approved is no longer what it was, so nothing is done about it."""


@dataclass(frozen=True)
class DecisionKind:
    """``content``: what the subject is at this moment, None where it is gone; an approval is of
    exactly that. ``of_lead``: its subject is a lead, and only who reaches that lead may decide.
    ``facts``: what its proposals tell besides the usual (``policies.FACTS``), for policies to go
    by."""

    name: str
    words: str
    content: Callable[[Session, str, dict[str, Any]], Content]
    of_lead: bool = False
    facts: Mapping[str, ValueKind] = field(default_factory=dict)


class UnknownDecision(LookupError):
    """No room declares decisions of this kind."""


# Whether a person may work on a lead or see it at all: a later room knows.
ReachesLead = Callable[[Session, Person, str], bool]
KINDS: dict[str, DecisionKind] = {}
_reaches_lead: list[ReachesLead] = []


def install(kinds: Iterable[DecisionKind], reaches_lead: ReachesLead) -> None:
    """Let these be all the kinds there are."""
    given = {kind.name: kind for kind in kinds}
    KINDS.clear()
    KINDS.update(given)
    _reaches_lead[:] = [reaches_lead]


def reaches(session: Session, person: Person, approval: Approval) -> bool:
    """Whether what is decided about is within the person's reach."""
    kind = KINDS.get(approval.kind)
    if kind is None or not kind.of_lead:
        return True
    return _reaches_lead[0](session, person, approval.subject_id)


def declared_facts() -> dict[str, ValueKind]:
    """What the proposals of some kind tell besides the usual."""
    return {name: kind for declared in KINDS.values() for name, kind in declared.facts.items()}


def kind_of(name: str) -> DecisionKind:
    """The kind of this name.

    Raises:
        UnknownDecision: no room declares it.
    """
    if name not in KINDS:
        raise UnknownDecision(f"There are no decisions of the kind {name}.")
    return KINDS[name]
