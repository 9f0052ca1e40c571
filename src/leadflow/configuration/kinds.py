"""The kinds of configuration there are: what can be kept in files, and which room stores it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.catalogues import Catalogue
from leadflow.conditions.problems import Problem, shown


class ContentRefused(ValueError):
    """Content that its room cannot use; ``problems`` has everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{one.place}: {one.problem}" for one in problems))


class Unreadable(ValueError):
    """A text that cannot be read, because of what stands in ``line``, from 1."""

    def __init__(self, line: int, problem: str) -> None:
        self.line, self.problem = line, problem
        super().__init__(f"Line {line}: {problem}")


@dataclass(frozen=True)
class Stored:
    """What was new and what has changed, in names or versions; ``advice``: what is to be done
    next."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """When something began to count, by whose hand; ``name``: which thing, empty where the kind is
    one thing."""

    at: datetime
    by: str
    name: str = ""


@dataclass(frozen=True)
class ConfigurationKind:
    """One kind of what a company sets up.

    Args:
        name: where it stands: ``sources`` in ``sources.yaml`` and, where it has a ``section``, in
            any file under ``sources/``.
        permission: what it takes to change it.
        read: the values of a text. Raises ``Unreadable`` or ``yaml.YAMLError``.
        write: a text that ``read`` reads as these values.
        take_turns: keeps others from changing it until the transaction ends.
        store: stores what differs, in the name of somebody. Raises ``ContentRefused`` with
            everything that is wrong.
        in_force: what counted at a moment, None for now; None where nothing did.
        changes: the newest changes, the newest first; of the thing of a name, or of all of them.
        section: the one key of each file, under which things stand by their names; None where the
            whole is one thing, in one file.
        listed: whether they stand in a list, each with its ``name``.
        take_out: takes these out. None: nothing of the kind can be.
    """

    name: str
    permission: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    take_turns: Callable[[Session], object]
    store: Callable[[Session, Any, str, datetime], Stored]
    in_force: Callable[[Session, datetime | None], Any]
    changes: Callable[[Session, str | None, int], Sequence[Change]]
    section: str | None = None
    listed: bool = False
    take_out: Callable[[Session, Sequence[str], str, datetime], None] | None = None

    def names(self, content: Any) -> tuple[str, ...]:
        """The names of the things in content that its room has read or written."""
        if content is None:
            return ()
        if self.section is None:
            return (self.name,)
        things = content[self.section]
        return tuple(one["name"].strip() for one in things) if self.listed else tuple(things)

    def is_empty(self, content: Any) -> bool:
        """Whether there is nothing under the one key, as of somebody who has none of the kind."""
        return self.section is not None and not content[self.section]

    def misshapen(self, content: Any) -> list[Problem]:
        """What keeps content from being put together with more of its kind: things stand under the
        one key, by their names."""
        section = self.section
        if section is None:
            return []
        if not isinstance(content, dict):
            return [Problem("", f"Write a mapping with `{section}` here.")]
        found = [
            Problem(str(key), f"There is no key {shown(key)} here: all stands under `{section}`.")
            for key in content
            if key != section
        ]
        if section not in content:
            found.append(Problem("", f"`{section}` is not in it; all stands under it."))
        elif not isinstance(content[section], list if self.listed else dict):
            form = "a list, each with its name," if self.listed else "things by their names"
            found.append(Problem(section, f"Write {form} under `{section}`."))
        return found


KINDS = Catalogue[ConfigurationKind]("kinds of configuration")


def install(kinds: Iterable[ConfigurationKind]) -> None:
    """Let these be all the kinds there are, each after those that it names things of."""
    KINDS.install({kind.name: kind for kind in kinds})
