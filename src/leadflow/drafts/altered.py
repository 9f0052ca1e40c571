"""What a change alters: each thing by its kind and name, as text before and after."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.configuration.differing import diff
from leadflow.configuration.kinds import KINDS, ConfigurationKind
from leadflow.configuration.one_text import text_of, things_of
from leadflow.configuration.words import of_kind

LONGEST = 70


@dataclass(frozen=True)
class Altered:
    """A thing that a change alters. ``name`` is the kind's own where the kind is one thing;
    ``before`` is empty of what is new, ``after`` of what is taken out."""

    kind: str
    name: str
    before: str
    after: str

    @property
    def called(self) -> str:
        """What people call it."""
        words = of_kind(self.kind)
        return words.title if self.name == self.kind else f"{words.one} {self.name}"

    @property
    def in_short(self) -> str:
        """What is altered of it, in a few words, to tell changes of the same thing apart."""
        if not self.after:
            return "taken out"
        lines = [line for line in diff(self.before, self.after) if line.sign in "+-"]
        come = [line.words.strip() for line in lines if line.sign == "+"]
        gone = [line.words.strip() for line in lines if line.sign == "-"]
        if not self.before:
            said = "new, " + ", ".join(one for one in come if not one.endswith(":"))
        elif len(come) == len(gone) == 1:
            said = f"{gone[0]} becomes {come[0]}"
        elif len(lines) == 1:
            said = f"with {come[0]}" if come else f"without {gone[0]}"
        else:
            said = f"{how_many(len(lines), 'line')}, such as {(come or gone)[0]}"
        return said if len(said) <= LONGEST else f"{said[: LONGEST - 1].rstrip(' ,')}…"


def in_force(session: Session, names: Iterable[str]) -> dict[str, Any]:
    """What counts now of each of these kinds."""
    return {name: KINDS[name].in_force(session, None) for name in names}


def altered_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Altered]:
    """What differs of these kinds."""
    found = []
    for name in before:
        kind = KINDS[name]
        was, becomes = things_of(kind, before[name]), things_of(kind, after[name])
        for thing in was | becomes:
            texts = [kind.write(of[thing]) if thing in of else "" for of in (was, becomes)]
            if texts[0] != texts[1]:
                found.append(Altered(name, thing, *texts))
    return found


def contents_of(after: Mapping[str, Any], altered: Iterable[Altered]) -> dict[str, Any]:
    """Content by kind that says what is new or changes, and nothing else."""
    contents: dict[str, Any] = {}
    for one in altered:
        if one.after:
            kind = KINDS[one.kind]
            thing = things_of(kind, after[one.kind])[one.name]
            contents[one.kind] = _together(kind, contents.get(one.kind), thing)
    return contents


def taken_out(altered: Iterable[Altered]) -> dict[str, list[str]]:
    """Names of what is to be no more, by their kind."""
    names: dict[str, list[str]] = {}
    for one in altered:
        if not one.after:
            names.setdefault(one.kind, []).append(one.name)
    return names


def changed_since(session: Session, altered: Sequence[Altered]) -> list[Altered]:
    """Those that are not any more as they were when the change was written."""
    now = in_force(session, dict.fromkeys(one.kind for one in altered))
    return [
        one for one in altered if text_of(KINDS[one.kind], now[one.kind], one.name) != one.before
    ]


def _together(kind: ConfigurationKind, said: Any, thing: Any) -> Any:
    if said is None or kind.section is None:
        return thing
    if kind.listed:
        return {kind.section: [*said[kind.section], *thing[kind.section]]}
    return {kind.section: {**said[kind.section], **thing[kind.section]}}
