"""Jinja kept out of harm while other programs read the words around it.

Each ``{{ … }}`` and ``{% … %}`` becomes a mark, letters that nobody writes with its number between;
afterwards each mark becomes again what it stands for. A mark has as many line breaks in it
as what it stands for, so that lines keep their numbers.
"""

import re
from dataclasses import dataclass

from leadflow.channels.templates import environment

# ASCII letters: others the compiler of MJML does not leave as they are between quotes.
BEGIN, END = "qzj7x", "xj7zq"
MARK = re.compile(f"{BEGIN}(\\d+)\n*{END}")
_OPENS = frozenset({"variable_begin", "block_begin", "raw_begin"})
_CLOSES = frozenset({"variable_end", "block_end", "raw_begin", "raw_end"})
_COMMENT = frozenset({"comment_begin", "comment", "comment_end"})
_ENVIRONMENT = environment()


@dataclass(frozen=True)
class Mark:
    """What a mark stands for; ``keyword`` is that of a block, such as ``if``, empty for a name."""

    source: str
    keyword: str


@dataclass(frozen=True)
class Marked:
    """A text with marks, and what they stand for by their number."""

    text: str
    marks: tuple[Mark, ...]

    def restored(self, text: str) -> str:
        """Another text with the same marks, each made again what it stands for."""
        return MARK.sub(lambda found: self.marks[int(found[1])].source, text)

    def blocks(self, text: str | None = None) -> list[int]:
        """The numbers of the blocks of which there are marks in a text, this one unless said."""
        found = map(int, MARK.findall(self.text if text is None else text))
        return [number for number in found if self.marks[number].keyword]

    def names(self, text: str) -> bool:
        """Whether there are marks of names in a text."""
        return any(not self.marks[int(number)].keyword for number in MARK.findall(text))


def marked(source: str) -> Marked:
    """The text with a mark for each piece of Jinja; comments of Jinja are left out.

    Raises:
        jinja2.TemplateSyntaxError: the braces are not understood.
    """
    _ENVIRONMENT.parse(source)
    written: list[str] = []
    marks: list[Mark] = []
    piece: list[str] = []
    keyword, lines, inside = "", 1, False
    for line, kind, value in _ENVIRONMENT.lex(source):
        if kind in _COMMENT:
            continue
        if not inside and kind not in _OPENS and kind != "raw_end":
            written.append("\n" * (line - lines) + value)
            lines = line + value.count("\n")
            continue
        if not inside:
            piece, keyword, inside = [], "", True
            written.append("\n" * (line - lines))
            lines = line
        piece.append(value)
        if kind == "name" and len(piece) <= 3 and piece[0].startswith("{%"):
            keyword = keyword or value
        if kind in _CLOSES:
            inside = False
            whole = "".join(piece)
            marks.append(Mark(whole, keyword))
            breaks = whole.count("\n")
            written.append(f"{BEGIN}{len(marks) - 1}{chr(10) * breaks}{END}")
            lines += breaks
    return Marked("".join(written), tuple(marks))


def compact(text: str) -> str:
    """The text with the line breaks taken out of its marks."""
    return MARK.sub(f"{BEGIN}\\1{END}", text)
