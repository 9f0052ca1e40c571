"""A directory of YAML files as values, with the file and line of each; everything that cannot be
read at once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from leadflow import plain_yaml
from leadflow.conditions.problems import nearest
from leadflow.configuration.kinds import ConfigurationKind, Unreadable
from leadflow.configuration.places import line_of

LARGEST = 1_000_000  # bytes
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong, and where."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class Faulty(ValueError):
    """A file that cannot be read."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        self.fault = Fault(file, line, reason)
        super().__init__(str(self.fault))


@dataclass(frozen=True)
class Piece:
    """One file: its values, and the tree in which each has its line."""

    file: str
    content: Any
    tree: yaml.Node


@dataclass
class Given:
    """All that a directory says of one kind, as one content. ``origins`` says of each name, or of
    each place in a list, from which file it is, and at which place there."""

    kind: ConfigurationKind
    pieces: list[Piece] = field(default_factory=list)
    content: Any = None
    origins: dict[str, tuple[Piece, str]] = field(default_factory=dict)

    def where(self, place: str) -> tuple[str, int]:
        """The file and line of a place in the content."""
        fitting = [one for one in self.origins if re.match(rf"{re.escape(one)}(?![^.\[])", place)]
        if fitting:
            begins = max(fitting, key=len)
            piece, there = self.origins[begins]
            return piece.file, line_of(piece.tree, there + place.removeprefix(begins))
        return self.pieces[0].file, line_of(self.pieces[0].tree, place)


def read_folder(
    folder: Path, kinds: Mapping[str, ConfigurationKind]
) -> tuple[dict[str, Given], list[Fault]]:
    """What a directory says of each kind, by its name, and all that cannot be read.

    Files whose names do not end in ``.yaml`` or ``.yml``, and whatever begins with a dot, are none
    of it. A link to nothing is a fault: taken for a file that is gone, it would have everything
    taken out that it says.
    """
    found: dict[str, Given] = {}
    faults: list[Fault] = []
    for path in files_in(folder):
        file = path.relative_to(folder).as_posix()
        if not path.is_file():
            faults.append(Fault(file, 1, _no_file(path)))
            continue
        kind = _kind_of(file, kinds)
        if kind is None:
            faults.append(Fault(file, 1, _no_place(file, kinds)))
            continue
        try:
            piece = _piece(_text(path, file), file, kind)
        except Faulty as error:
            faults.append(error.fault)
            continue
        shape = _shape(piece, kind)
        faults += shape
        if not shape:
            found.setdefault(kind.name, Given(kind)).pieces.append(piece)
    for given in found.values():
        faults += _put_together(given)
    return found, faults


def files_in(folder: Path) -> list[Path]:
    """What in a directory is configuration by its name, and folders elsewhere that are linked."""
    inside = (path.relative_to(folder) for path in folder.rglob("*"))
    names = sorted(
        path.as_posix()
        for path in inside
        if (path.suffix in SUFFIXES or _is_linked_folder(folder / path))
        and not any(part.startswith(".") for part in path.parts)
    )
    return [folder / name for name in names]


def _is_linked_folder(path: Path) -> bool:
    return path.is_symlink() and path.is_dir()


def _kind_of(file: str, kinds: Mapping[str, ConfigurationKind]) -> ConfigurationKind | None:
    name = file.rpartition(".")[0]
    around = kinds.get(name.partition("/")[0])
    if name not in kinds and around is not None and around.section is not None:
        return around
    return kinds.get(name)


def _no_place(file: str, kinds: Mapping[str, ConfigurationKind]) -> str:
    name = file.rpartition(".")[0]
    return (
        f"No configuration is called {name}; its name, or its folder's, says what a file holds. "
        f"{nearest(name, kinds)}"
    )


def _no_file(path: Path) -> str:
    """Why it cannot be read, which is not the same as its not being there."""
    if _is_linked_folder(path):
        return "This is a link to a folder, which is not looked into. Put the folder itself here."
    if path.is_symlink():
        return f"This is a link to nothing ({path.readlink()}). Put the file there, or take it out."
    return "This is no file, though it is called like one. Call it something else."


def read_text(text: str, file: str, kind: ConfigurationKind) -> tuple[Given, list[Fault]]:
    """What one text says of a kind, called by the name of a file, and all that cannot be read."""
    given = Given(kind)
    try:
        if len(text.encode()) > LARGEST:
            raise Faulty(file, 1, f"A text may have at most {LARGEST:,} bytes.")
        piece = _piece(text, file, kind)
    except Faulty as error:
        return given, [error.fault]
    if faults := _shape(piece, kind):
        return given, faults
    given.pieces.append(piece)
    return given, list(_put_together(given))


def _shape(piece: Piece, kind: ConfigurationKind) -> list[Fault]:
    return [
        Fault(piece.file, line_of(piece.tree, found.place), found.problem)
        for found in kind.misshapen(piece.content)
    ]


def _piece(text: str, file: str, kind: ConfigurationKind) -> Piece:
    try:
        tree = plain_yaml.tree(text)
        if tree is None:
            holds = f"`{kind.section}`" if kind.section else "what its name says"
            raise Faulty(file, 1, f"The file is empty. Write {holds} in it, or take it out.")
        return Piece(file, kind.read(text), tree)
    except Faulty:
        raise
    except Unreadable as error:
        raise Faulty(file, error.line, error.problem) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = f"This is no YAML: {error.problem or error.context}."
        raise Faulty(file, 1 if mark is None else mark.line + 1, said) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise Faulty(file, line, f"This is no YAML: {error.reason}.") from error
    except ValueError as error:
        raise Faulty(file, 1, f"A value in it is none: {error}.") from error


def _text(path: Path, file: str) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise Faulty(file, 1, f"A file may have at most {LARGEST:,} bytes. Make it several.")
        raw = path.read_bytes()
    except OSError as error:
        raise Faulty(file, 1, f"It cannot be read: {error.strerror}.") from error
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Faulty(file, line, "This is no text in UTF-8. Save the file as UTF-8.") from error


def _put_together(given: Given) -> Iterator[Fault]:
    """Make one content of all pieces; what stands twice is a fault, and its first one counts."""
    section = given.kind.section
    if section is None:
        first, *more = given.pieces
        given.content = first.content
        for piece in more:
            yield Fault(piece.file, 1, f"{first.file} says this already; take one of both out.")
        return
    listed = given.kind.listed
    together: Any = [] if listed else {}
    for piece in given.pieces:
        things = piece.content[section]
        named = [(None, one) for one in things] if listed else list(things.items())
        for number, (name, thing) in enumerate(named):
            there = f"{section}[{number}]" if listed else f"{section}.{name}"
            here = f"{section}[{len(together)}]" if listed else there
            called = thing.get("name") if listed and isinstance(thing, dict) else name
            if called is not None and (other := _also(given, together, called)) is not None:
                said = f"{called} is in {other[0]}, line {other[1]}, too; take one of both out."
                yield Fault(piece.file, line_of(piece.tree, there), said)
                continue
            given.origins[here] = (piece, there)
            if listed:
                together.append(thing)
            else:
                together[name] = thing
    given.content = {section: together}


def _also(given: Given, together: Any, name: Any) -> tuple[str, int] | None:
    """Where a thing of this name stands already."""
    section = given.kind.section
    if not given.kind.listed:
        return given.where(f"{section}.{name}") if name in together else None
    for number, thing in enumerate(together):
        if isinstance(thing, dict) and thing.get("name") == name:
            return given.where(f"{section}[{number}]")
    return None
