"""One text of a kind, as it is edited on a page: checked as it is typed, applied as it is sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.configuration import service
from leadflow.configuration.files import Fault, Given, read_text
from leadflow.configuration.kinds import KINDS, ConfigurationKind
from leadflow.configuration.service import Applicant, ConfigurationRefused, KindApplied


class TextInvalid(ValueError):
    """A text that cannot be applied; ``faults`` has everything that is wrong, by line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(f"Line {one.line}: {one.reason}" for one in self.faults))


class NoKind(LookupError):
    """There is no kind of configuration of this name."""


def kind_named(name: str) -> ConfigurationKind:
    """A kind.

    Raises:
        NoKind: there is none of this name.
    """
    if name not in KINDS:
        raise NoKind(f"There is no configuration called {name}.")
    return KINDS[name]


def content_of(kind: ConfigurationKind, text: str) -> Any:
    """The values of a text of a kind.

    Raises:
        TextInvalid: it cannot be read.
    """
    given, faults = read_text(text, kind.name, kind)
    if faults:
        raise TextInvalid(faults)
    return given.content


def apply(
    session: Session, kind: ConfigurationKind, text: str, by: Applicant, now: datetime
) -> KindApplied:
    """Store what a text says, where it differs from what is in force; what it does not name goes
    on counting.

    Raises:
        TextInvalid: nothing was stored.
    """
    given, faults = read_text(text, kind.name, kind)
    if faults:
        raise TextInvalid(faults)
    try:
        outcomes = service.apply(session, {kind.name: given.content}, by, now)
    except ConfigurationRefused as error:
        raise TextInvalid(list(_placed(given, error))) from error
    return next(one for one in outcomes if one.kind == kind.name)


def would_apply(
    session: Session, kind: ConfigurationKind, text: str, by: Applicant, now: datetime
) -> KindApplied:
    """What ``apply`` would do; it is undone at once.

    Raises:
        TextInvalid: as ``apply``.
    """
    undone = session.begin_nested()
    try:
        return apply(session, kind, text, by, now)
    finally:
        undone.rollback()


def things_of(kind: ConfigurationKind, content: Any) -> dict[str, Any]:
    """Each thing of a kind by its name, as a content that has it alone; of a kind that is one
    thing, that."""
    if content is None:
        return {}
    if kind.section is None:
        return {kind.name: content}
    things = content[kind.section]
    if kind.listed:
        return {one["name"]: {kind.section: [one]} for one in things}
    return {name: {kind.section: {name: one}} for name, one in things.items()}


def text_of(kind: ConfigurationKind, content: Any, name: str) -> str:
    """What is said of a thing of this name, as a text; empty where there is none."""
    thing = things_of(kind, content).get(name)
    return "" if thing is None else kind.write(thing)


def _placed(given: Given, error: ConfigurationRefused) -> Sequence[Fault]:
    return [
        Fault(*given.where(found.place), f"{found.place}: {found.problem}".removeprefix(": "))
        for _, found in error.by_kind
    ]
