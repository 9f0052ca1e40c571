"""Configuration as a whole: applied in one transaction or not at all, tried, and looked back at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.conditions.problems import Problem, nearest, shown
from leadflow.configuration.kinds import KINDS, ConfigurationKind, ContentRefused, Stored


class ConfigurationRefused(ValueError):
    """Contents that cannot be applied; ``by_kind`` has everything that is wrong, each with the name
    of its kind, which ``problems`` have in their places."""

    def __init__(self, by_kind: list[tuple[str, Problem]]) -> None:
        self.by_kind = tuple(by_kind)
        self.problems = tuple(
            Problem(f"{kind}: {found.place}" if found.place else kind, found.problem)
            for kind, found in by_kind
        )
        lines = (f"- {found.place}: {found.problem}" for found in self.problems)
        super().__init__("\n".join(["The configuration cannot be applied:", *lines]))


class MomentAhead(ValueError):
    """What will be in force at a moment to come is not known."""


@dataclass(frozen=True)
class Applicant:
    """Whoever applies: who they are in the records. ``must_have`` raises what a door raises where
    somebody lacks a permission."""

    id: str
    must_have: Callable[[str], object]


@dataclass(frozen=True)
class KindApplied:
    """What became of one kind. ``left``: what is in force, is not in what was given, and goes on
    counting."""

    kind: str
    stored: Stored
    taken_out: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether everything is as it was."""
        return not (self.stored.new or self.stored.changed or self.taken_out)


def take_turns(session: Session) -> None:
    """Keep others from changing anything of any kind until the transaction ends. All at once and in
    one order, so that two who apply do not wait for each other."""
    for kind in KINDS.values():
        kind.take_turns(session)


def apply(
    session: Session,
    contents: Mapping[str, Any],
    by: Applicant,
    now: datetime,
    take_out: bool | Mapping[str, Sequence[str]] = False,
) -> list[KindApplied]:
    """Store what differs from what is in force: all of it, or nothing. ``take_out``: and take out
    what is in force and not given, where its kind can be; or these, by their kinds.

    Args:
        contents: what each kind is to be, by its name, as its file says it.

    Raises:
        ConfigurationRefused: with everything that is wrong; what was stored before it was found is
            undone.
    """
    problems = _misshapen(contents)
    usable = {name: contents[name] for name in contents if name not in dict(problems)}
    with session.begin_nested():
        take_turns(session)
        before = {name: kind.names(kind.in_force(session, None)) for name, kind in KINDS.items()}
        stored = _store(session, usable, problems, by, now)
        if problems:
            raise ConfigurationRefused(problems)
        going = _going(contents, before, take_out)
        taken = _take_out(session, going, by, now)
    outcomes = []
    for name, kind in KINDS.items():
        left = () if name in taken else _missing(kind, contents, before[name])
        outcomes.append(KindApplied(name, stored.get(name, Stored()), taken.get(name, ()), left))
    return outcomes


def in_force(session: Session, at: datetime | None, now: datetime) -> dict[str, Any]:
    """What counts of each kind, by its name: now, or at a moment that is past.

    Raises:
        MomentAhead: the moment is to come.
    """
    if at is not None and at > now:
        raise MomentAhead(f"{at:%Y-%m-%d %H:%M} UTC is to come; what counts then is not known.")
    found = {name: kind.in_force(session, at) for name, kind in KINDS.items()}
    return {name: content for name, content in found.items() if content is not None}


def _misshapen(contents: Mapping[str, Any]) -> list[tuple[str, Problem]]:
    problems = []
    for name, content in contents.items():
        if name not in KINDS:
            said = f"There is no kind {shown(name)}. {nearest(name, KINDS)}"
            problems.append((name, Problem("", said)))
        else:
            problems += [(name, found) for found in KINDS[name].misshapen(content)]
    return problems


def _store(
    session: Session,
    contents: Mapping[str, Any],
    problems: list[tuple[str, Problem]],
    by: Applicant,
    now: datetime,
) -> dict[str, Stored]:
    """Store each kind after those it names things of. Where one cannot be used, its problems are
    added and the others are gone on with."""
    done = {}
    for name, kind in KINDS.items():
        if name not in contents or kind.is_empty(contents[name]):
            continue
        try:
            with session.begin_nested():
                done[name] = kind.store(session, contents[name], by.id, now)
        except ContentRefused as error:
            problems += ((name, found) for found in error.problems)
        else:
            if done[name].new or done[name].changed:
                by.must_have(kind.permission)
    return done


def _going(
    contents: Mapping[str, Any],
    before: Mapping[str, tuple[str, ...]],
    take_out: bool | Mapping[str, Sequence[str]],
) -> dict[str, tuple[str, ...]]:
    """What is to be taken out, by its kind."""
    if not isinstance(take_out, bool):
        return {name: tuple(take_out.get(name, ())) for name in KINDS}
    if not take_out:
        return dict.fromkeys(KINDS, ())
    return {name: _missing(kind, contents, before[name]) for name, kind in KINDS.items()}


def _take_out(
    session: Session, going: Mapping[str, tuple[str, ...]], by: Applicant, now: datetime
) -> dict[str, tuple[str, ...]]:
    """Take these out, those first that name others."""
    taken = {}
    for name, kind in reversed([*KINDS.items()]):
        if kind.take_out is None or not going[name]:
            continue
        by.must_have(kind.permission)
        kind.take_out(session, going[name], by.id, now)
        taken[name] = going[name]
    return taken


def _missing(
    kind: ConfigurationKind, contents: Mapping[str, Any], before: tuple[str, ...]
) -> tuple[str, ...]:
    said = kind.names(contents[kind.name]) if kind.name in contents else ()
    return tuple(name for name in before if name not in said)
