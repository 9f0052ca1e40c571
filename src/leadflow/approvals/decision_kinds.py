"""What kinds of decision there are. Each later room registers its own as it is imported."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.accounts.tables import Person
from leadflow.approvals.tables import Approval

Content = dict[str, Any] | None


class SubjectChanged(RuntimeError):
    """What was approved is no longer what it was, so nothing is done about it."""


@dataclass(frozen=True)
class DecisionKind:
    """``content``: what the subject is at this moment, None where it is gone; an approval is of
    exactly that. ``reaches``: whether a person may decide about this subject at all."""

    words: str
    content: Callable[[Session, str, dict[str, Any]], Content]
    reaches: Callable[[Session, Person, Approval], bool] = lambda session, person, approval: True


class UnknownDecision(LookupError):
    """No room has registered decisions of this kind."""


KINDS: dict[str, DecisionKind] = {}
Do = Callable[[Approval, datetime], dict[str, Any]]


def kind_of(name: str) -> DecisionKind:
    """The kind of this name.

    Raises:
        UnknownDecision: no room has registered it.
    """
    if name not in KINDS:
        raise UnknownDecision(f"There are no decisions of the kind {name}.")
    return KINDS[name]
