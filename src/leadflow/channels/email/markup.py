"""Reading the MJML of a content: what is wrong with it, by line, and a clean form of it.

The compiler below takes much for granted: an element that it does not know it leaves out, with the
words inside of it. So that nobody finds that out in a mail, it is held against MJML's rules first.
"""

import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

from leadflow.channels.email.components import (
    COMPONENTS,
    HOLDS,
    UNWANTED,
    VOID,
    WORDLESS,
    parents_of,
    takes_words,
)
from leadflow.channels.email.marks import BEGIN, MARK, Marked, compact
from leadflow.conditions.problems import listed, near_to


@dataclass(frozen=True)
class MarkupFault:
    """Something wrong with a body: in which of its lines, from 1, and what."""

    line: int
    problem: str


@dataclass
class _Open:
    """An element that is open, and the line on which it begins."""

    tag: str
    line: int


@dataclass
class _If:
    """An ``if`` that is open: where it began, and inside of which element."""

    line: int
    within: _Open


@dataclass
class Read:
    """MJML as it was read: written out cleanly, and everything that is wrong with it. ``aside``:
    the numbers of marks that stand between quotes, in a title or a preview, which are written out
    several times or, in the text part, not at all."""

    written: str
    aside: frozenset[int]
    faults: list[MarkupFault] = field(default_factory=list)


def read_markup(body: Marked) -> Read:
    """Read what stands inside of ``mj-body``, or a whole document of MJML."""
    reader = _Reader(body)
    reader.feed(body.text)
    reader.close()
    reader.finish()
    return Read(
        compact("".join(reader.written)),
        frozenset(reader.aside),
        list(dict.fromkeys(reader.faults)),
    )


def is_whole(body: Marked) -> bool:
    """Whether it is a whole document."""
    return body.text.lstrip().lower().startswith("<mjml")


class _Reader(HTMLParser):
    def __init__(self, body: Marked) -> None:
        super().__init__(convert_charrefs=False)
        self.body = body
        self.written: list[str] = []
        self.faults: list[MarkupFault] = []
        self.open = [_Open("" if is_whole(body) else "mj-body", 1)]
        self.ifs: list[_If] = []
        self.aside: set[int] = set()

    def _wrong(self, problem: str, line: int | None = None) -> None:
        self.faults.append(MarkupFault(line or self.getpos()[0], problem))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, attrs)
        if tag in VOID:
            self.written.append(f"<{tag}{_written(attrs)} />")
            return
        self.written.append(f"<{tag}{_written(attrs)}>")
        self.open.append(_Open(tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, attrs)
        # HTML has no such ending: there it would be taken for a beginning.
        closed = tag in VOID or tag.startswith("mj")
        self.written.append(
            f"<{tag}{_written(attrs)} />" if closed else f"<{tag}{_written(attrs)}></{tag}>"
        )

    def _start(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = self.open[-1].tag
        if tag in UNWANTED:
            self._wrong(f"{tag} has no place in a mail: mailboxes take it out, or the mail amiss.")
        elif tag.startswith("mj"):
            self._component(tag, parent)
        elif parent in HOLDS:
            self._wrong(f"{tag} is HTML, and stands inside of mj-text, mj-table or mj-raw.")
        if any(BEGIN in name for name, _ in attrs):
            self._wrong(f"Inside of <{tag} …> braces stand between the quotes of an attribute.")
        self._blocks_within([value or "" for _, value in attrs], tag)

    def _blocks_within(self, values: list[str], tag: str) -> None:
        for value in values:
            numbers = [int(number) for number in MARK.findall(value)]
            self.aside.update(numbers)
            blocks = [self.body.marks[number].keyword for number in numbers]
            if blocks.count("if") != blocks.count("endif"):
                self._wrong(f"An if that begins between quotes of {tag} ends between the same.")

    def _component(self, tag: str, parent: str) -> None:
        if tag not in COMPONENTS:
            near = near_to(tag, COMPONENTS)
            meant = f" Did you mean {listed(near)}?" if near else ""
            self._wrong(f"There is no {tag} in MJML.{meant}")
        elif parent == "mj-attributes" or tag in HOLDS.get(parent, ()):
            return
        elif parent in HOLDS and (places := parents_of(tag)):
            where = parent or "a document"
            self._wrong(f"{tag} has no place in {where}; it stands in {listed(places)}.")
        else:
            self._wrong(f"{tag} has no place in {parent or 'a document'}.")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        tags = [one.tag for one in self.open[1:]]
        if tag not in tags:
            self._wrong(f"</{tag}> ends what has not begun.")
            return
        while len(self.open) > 1:
            last = self.open.pop()
            self.written.append(f"</{last.tag}>")
            if last.tag == tag:
                return
            self._wrong(f"<{last.tag}> is not closed: write </{last.tag}>.", last.line)

    def handle_data(self, data: str) -> None:
        line, rest = self.getpos()[0], 0
        for found in MARK.finditer(data):
            self._words(data[rest : found.start()], line + data.count("\n", 0, rest))
            self._mark(found, line + data.count("\n", 0, found.start()))
            rest = found.end()
        self._words(data[rest:], line + data.count("\n", 0, rest))

    def _words(self, words: str, line: int) -> None:
        inside = self.open[-1].tag
        if words.strip() and inside in HOLDS:
            below = words[: len(words) - len(words.lstrip())].count("\n")
            self._wrong("Words stand inside of mj-text, mj-button or the like.", line + below)
        if inside in ("style", "mj-style"):
            self.written.append(words)
            return
        if words.isspace() and takes_words(inside):
            # The compiler drops a line break between two elements, and their words run together.
            words = words.replace("\n", "&#10;")
        self.written.append(words.replace("<", "&lt;"))

    def _mark(self, found: "re.Match[str]", line: int) -> None:
        mark, inside = self.body.marks[int(found[1])], self.open[-1]
        if inside.tag in ("style", "mj-style"):
            self._wrong("Braces have no place among styles.", line)
        if not mark.keyword:
            if inside.tag in HOLDS:
                self._wrong("Words stand inside of mj-text, mj-button or the like.", line)
            self.written.append(found[0])
            return
        self._block(mark.keyword, inside, line)
        if inside.tag in ("mj-title", "mj-preview"):
            self.aside.add(int(found[1]))
        comment = f"<!--{found[0]}-->"
        if inside.tag in HOLDS:
            allowed = "mj-raw" in HOLDS[inside.tag] and inside.tag != "mj-head"
            if not allowed:
                self._wrong(f"An if has no place in {inside.tag or 'a document'}.", line)
            self.written.append(f"<mj-raw>{comment}</mj-raw>")
        else:
            self.written.append(comment if inside.tag in WORDLESS else found[0])

    def _block(self, keyword: str, inside: _Open, line: int) -> None:
        if keyword == "if":
            self.ifs.append(_If(line, inside))
        elif self.ifs and self.ifs[-1].within is not inside:
            begun = self.ifs[-1]
            said = (
                f"The if of line {begun.line} begins inside of {begun.within.tag or 'the document'}"
                f" and its {keyword} is inside of {inside.tag or 'the document'}: both stand in the"
                " same element."
            )
            self._wrong(said, line)
        if keyword == "endif" and self.ifs:
            self.ifs.pop()

    def handle_entityref(self, name: str) -> None:
        self._words(f"&{name};", self.getpos()[0])

    def handle_charref(self, name: str) -> None:
        self._words(f"&#{name};", self.getpos()[0])

    def handle_comment(self, data: str) -> None:
        # Notes of whoever wrote it are no part of the mail; what Outlook alone reads is.
        if data.lstrip().startswith(("[if", "<![endif")):
            self.written.append(f"<!--{data}-->")
        elif MARK.search(data):
            self._wrong("Braces have no place in a comment.")

    def finish(self) -> None:
        """What is still open when there is no more to read."""
        for left in reversed(self.open[1:]):
            self._wrong(f"<{left.tag}> is not closed: write </{left.tag}>.", left.line)
        if self.rawdata.strip():
            self._wrong("The end of it cannot be read: is a > missing?")


def _written(attrs: list[tuple[str, str | None]]) -> str:
    pairs = ((name, name if value is None else value) for name, value in attrs)
    return "".join(f' {name}="{_quoted(value)}"' for name, value in pairs)


def _quoted(value: str) -> str:
    """What stands between quotes, as references: the compiler would write other letters as
    programs do, such as \\u{a0}."""
    plain = escape(value).replace("\\", "&#92;")
    return plain.encode("ascii", "xmlcharrefreplace").decode()
