"""The text part of a mail, from its HTML: what somebody reads whose mailbox shows no HTML."""

import re

from inscriptis import Inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml import html as lxml_html
from lxml.html import HtmlElement

from leadflow.channels.email.marks import MARK

_CONFIG = ParserConfig(css=CSS_PROFILES["strict"])


def text_part(page: str) -> str:
    """The words of a page, with the address of each link behind its words. Marks stay as they are,
    each in its place."""
    tree = lxml_html.document_fromstring(page)
    _marks_out_of_comments(tree)
    for table in list(tree.iter("table")):
        if table.get("role") == "presentation" or MARK.search(_between_cells(table)):
            _flatten(table)
    for link in tree.iter("a"):
        _say_address(link)
    for image in tree.iter("img"):
        image.tail = f"{image.get('alt') or ''}{image.tail or ''}"
    lines = Inscriptis(tree, _CONFIG).get_text().splitlines()
    said = "\n".join(line.strip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", said).strip() + "\n"


def _marks_out_of_comments(tree: HtmlElement) -> None:
    """A mark in a comment stands where HTML takes no words, which here does no harm."""
    for comment in list(tree.iter(lxml_html.etree.Comment)):
        mark = MARK.fullmatch((comment.text or "").strip())
        words = (mark[0] if mark else "") + (comment.tail or "")
        parent, before = comment.getparent(), comment.getprevious()
        if parent is None:
            continue
        if before is not None:
            before.tail = (before.tail or "") + words
        else:
            parent.text = (parent.text or "") + words
        parent.remove(comment)


def _between_cells(table: HtmlElement) -> str:
    rows = (one for one in table.iter("table", "thead", "tbody", "tfoot", "tr"))
    return "".join((row.text or "") + "".join(child.tail or "" for child in row) for row in rows)


def _flatten(table: HtmlElement) -> None:
    """A table that only lays out, or of which parts may be missing: each row on its own lines."""
    layout = table.get("role") == "presentation"
    for part in list(table.iter("tr", "td", "th", "thead", "tbody", "tfoot")):
        if next(part.iterancestors("table")) is not table:
            continue
        if part.tag in ("td", "th") and not layout:
            part.tag, part.tail = "span", f" {part.tail or ''}"
        else:
            part.tag = "p" if layout and part.tag == "tr" else "div"
    table.tag = "div"


def _say_address(link: HtmlElement) -> None:
    address, said = link.get("href") or "", link.text_content().strip()
    if address and said not in (address, address.removeprefix("mailto:")):
        last = link[-1] if len(link) else None
        behind = f" <{address}>"
        if last is None:
            link.text = f"{(link.text or '').rstrip()}{behind}"
        else:
            last.tail = f"{(last.tail or '').rstrip()}{behind}"
