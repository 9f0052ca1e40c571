"""How a part of the surface is put into lines: one thing a line, nothing lined up, so that a
change of one thing changes one line."""

from collections.abc import Iterable


def lines(words: Iterable[str]) -> str:
    """The words, each on a line of its own."""
    return "".join(f"{line}\n" for line in words)


def type_name(kind: object) -> str:
    """A type as it is written in code: ``str | None``, ``Path``."""
    if isinstance(kind, type) and not getattr(kind, "__args__", ()):
        return kind.__name__
    return str(kind).replace("typing.", "").replace("pathlib.", "").replace("pydantic.types.", "")
