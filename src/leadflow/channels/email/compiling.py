"""A content made ready to be sent many times: MJML becomes HTML once, words beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import css_inline
import mjml
from jinja2 import TemplateSyntaxError

from leadflow.channels.email.marks import BEGIN, END, MARK, Marked, marked
from leadflow.channels.email.markup import MarkupFault, is_whole, read_markup
from leadflow.channels.email.text_part import text_part

# How a body looks that says nothing of it: what MJML begins with is small and narrow.
_DOCUMENT = """<mjml><mj-head><mj-attributes>
<mj-all font-family="-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" />
<mj-text font-size="16px" line-height="1.5" color="#1f2937" />
<mj-button font-size="16px" font-weight="600" align="left" background-color="#1d4ed8"
 border-radius="6px" inner-padding="12px 24px" />
</mj-attributes></mj-head><mj-body>{body}</mj-body></mjml>"""
_HIDDEN = (
    '<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;'
    'overflow:hidden">{words}</div>'
)
_TORN = (
    "An if encloses what cannot be sent by itself. Let it enclose whole sections, lines or words."
)
# What MJML writes where a document says no language.
_NO_LANGUAGE = ' lang="und"'
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


class MarkupInvalid(ValueError):
    """A body that cannot be sent; ``faults`` has everything that is wrong with it, by its lines."""

    def __init__(self, faults: Sequence[MarkupFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"line {one.line}: {one.problem}" for one in self.faults))


@dataclass(frozen=True)
class Compiled:
    """A content as templates of Jinja: the subject, the whole HTML (the preheader in it), the text
    part."""

    subject: str
    html: str
    text: str


# The same contents are read again and again, and what comes of one is always the same.
@lru_cache(maxsize=2000)
def compiled(subject: str, preheader: str | None, body: str, language: str = "en") -> Compiled:
    """Compile a content whose templates are in order.

    Args:
        preheader: the words that mailboxes show beside the subject.
        body: MJML, a whole document or what stands inside of ``mj-body``.
        language: in which it is written, unless a whole document says it itself (``de-AT``).

    Raises:
        MarkupInvalid: everything that is wrong with the body.
    """
    words = _marked(body)
    read = read_markup(words)
    if read.faults:
        raise MarkupInvalid(sorted(read.faults, key=lambda fault: fault.line))
    document = read.written if is_whole(words) else _DOCUMENT.format(body=read.written)
    page = _with_language(_page(document), language)
    text = text_part(page)
    expected = [number for number in words.blocks() if number not in read.aside]
    for part in (page, text):
        if [number for number in words.blocks(part) if number not in read.aside] != expected:
            raise MarkupInvalid([MarkupFault(1, _TORN)])
    if not MARK.sub("", text).strip() and "<img" not in page and not words.names(text):
        raise MarkupInvalid([MarkupFault(1, "There is nothing in it that anybody could see.")])
    html = words.restored(page.replace(f"<!--{BEGIN}", BEGIN).replace(f"{END}-->", END))
    return Compiled(subject, _with_preheader(html, preheader), words.restored(text))


def _marked(body: str) -> Marked:
    try:
        return marked(body)
    except TemplateSyntaxError as error:
        said = f"The braces are not understood: {str(error.message).rstrip('.')}."
        raise MarkupInvalid([MarkupFault(error.lineno, said)]) from None


def _page(document: str) -> str:
    """HTML as mailboxes show it: no fonts from elsewhere, styles where they count."""
    try:
        return _INLINER.inline(mjml.mjml2html(document, fonts={}))
    except (ValueError, css_inline.InlineError) as error:
        raise MarkupInvalid([MarkupFault(1, f"MJML does not understand it: {error}.")]) from None


def _with_language(html: str, language: str) -> str:
    before, tag, after = html.partition("<html")
    opening, end, rest = after.partition(">")
    said = opening.replace(_NO_LANGUAGE, f' lang="{language}"')
    return f"{before}{tag}{said}{end}{rest}"


def _with_preheader(html: str, preheader: str | None) -> str:
    if not preheader:
        return html
    words = marked(preheader)
    hidden = _HIDDEN.format(words=words.restored(escape(words.text)))
    before, tag, after = html.partition("<body")
    opening, end, rest = after.partition(">")
    return f"{before}{tag}{opening}{end}{hidden}{rest}"
