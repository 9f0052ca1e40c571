"""Problems of a rule set: all of them at once, each with its place."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, such as ``rules[2].conditions.any[0].level``, and what."""

    place: str
    problem: str


class RuleSetInvalid(ValueError):
    """A rule set that cannot be used; ``problems`` has everything that is wrong with it."""

    heading = "The rule set cannot be used:"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        lines = (f"- {found.place}: {found.problem}" for found in self.problems)
        super().__init__("\n".join([self.heading, *lines]))


def nearest(name: object, known: Collection[str]) -> str:
    """A sentence with the known names nearest to this one; all of them where none is near."""
    near = near_to(str(name), known, cutoff=0.5)
    if near:
        return f"Did you mean {listed(near)}?"
    return f"There are {', '.join(sorted(known))}." if known else "There are none."


def near_to(name: str, known: Collection[str], most: int = 3, cutoff: float = 0.6) -> list[str]:
    """The known names that look most like this one, the nearest first, whatever their case."""
    written = {one.lower(): one for one in known}
    near = get_close_matches(name[:100].lower(), written, n=most, cutoff=cutoff)
    return [written[one] for one in near]


def listed(names: Iterable[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


_AS_WRITTEN = {None: "nothing", True: "true", False: "false"}


def shown(value: object) -> str:
    """A value as a message repeats it, shortened."""
    words = _AS_WRITTEN[value] if value is None or isinstance(value, bool) else repr(value)
    return words if len(words) <= 60 else f"{words[:57]}..."
