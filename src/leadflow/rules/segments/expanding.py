"""Segments within conditions: each name is replaced by what the segment says."""

from collections.abc import Iterator, Mapping

from leadflow.conditions.problems import Problem, nearest
from leadflow.conditions.tree import Check, Condition, Group, fields_of
from leadflow.rules.field_catalogue import SEGMENTS
from leadflow.rules.segments.definitions import SegmentsInvalid


class SegmentsInCircle(SegmentsInvalid):
    """Segments that name each other, each by the next and the last by the first."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = frozenset(names)
        circle = " → ".join((*names, names[0]))
        said = f"These segments name each other in a circle: {circle}."
        super().__init__([Problem(f"segments.{names[0]}", said)])


def circles(segments: Mapping[str, Condition]) -> list[Problem]:
    """Every circle of segments that name each other, once; names that are none are passed over."""
    found: dict[frozenset[str], SegmentsInCircle] = {}
    named = {name for condition in segments.values() for name in named_in(condition)}
    there = dict[str, Condition].fromkeys(named, Group("all", ())) | dict(segments)
    for name, condition in segments.items():
        try:
            expanded(condition, there, (name,))
        except SegmentsInCircle as error:
            found.setdefault(error.names, error)
    return [problem for error in found.values() for problem in error.problems]


def expanded(
    condition: Condition, segments: Mapping[str, Condition], within: tuple[str, ...] = ()
) -> Condition:
    """The same condition with every segment that it names, or that those name, written out. Where
    it asks whether a lead is in any segment at all, that is any of these. ``within``: the segments
    that it is a part of itself.

    Raises:
        SegmentsInvalid: it names a segment that is not there, or segments name each other in a
            circle, which the message shows.
    """
    if SEGMENTS not in fields_of(condition):
        return condition
    return _expanded(condition, segments, within)


def named_in(condition: Condition) -> set[str]:
    """The segments that a condition names itself."""
    return set(_named(condition))


def _named(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Group):
        for member in condition.members:
            yield from _named(member)
    elif condition.field == SEGMENTS and isinstance(condition.operand, str):
        yield condition.operand


def _expanded(
    condition: Condition, segments: Mapping[str, Condition], within: tuple[str, ...]
) -> Condition:
    if isinstance(condition, Group):
        members = tuple(_expanded(member, segments, within) for member in condition.members)
        return Group(condition.how, members)
    if condition.field != SEGMENTS:
        return condition
    if isinstance(condition.operand, str):
        return _said(condition.operand, segments, within)
    return _presence(condition, segments, within)


def _presence(check: Check, segments: Mapping[str, Condition], within: tuple[str, ...]) -> Group:
    """Whether a lead is in some segment: ``exists``, or ``is_empty: false``."""
    wanted = (check.operator == "exists") == check.operand
    members = tuple(_said(name, segments, within) for name in segments if name not in within)
    return Group("any" if wanted else "none", members)


def _said(name: str, segments: Mapping[str, Condition], within: tuple[str, ...]) -> Condition:
    if name in within:
        raise SegmentsInCircle(within[within.index(name) :])
    if name not in segments:
        said = f"There is no segment {name!r}. {nearest(name, segments)}"
        raise SegmentsInvalid([Problem(SEGMENTS, said)])
    return _expanded(segments[name], segments, (*within, name))
