"""One normal form for each kind of text, so that what is spelled alike is alike at every door."""

import re
import unicodedata
from functools import lru_cache

# What programs that write letters put in the place of plain marks; each is one character.
_MARKS = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4\u0060\uff07",
    '"': "\u201c\u201d\u201e\u201f\u2033\uff02",
    "-": "\u2010\u2011",
}
_PLAIN = {ord(mark): plain for plain, marks in _MARKS.items() for mark in marks}
# Nothing to see: zero-width spaces and joiners, soft hyphens, marks of byte order and direction.
_UNSEEN = dict.fromkeys((*range(0x200B, 0x2010), 0x00AD, 0x2060, 0xFEFF, *range(0x202A, 0x202F)))
_TABLE = _PLAIN | _UNSEEN
# Legal forms as they stand behind a company's name, without points.
_FORMS = (
    "ab ag aktiengesellschaft aps as asa bv bvba co cokg company corp corporation cv doo dd eg ek "
    "ev eurl gbr gesmbh gmbh gmbhcokg inc incorporated kft kg kgaa limited llc llp lp ltd lda ltda "
    "nv ohg ou oy oyj plc pllc pte pty pvt sa sapi sarl sas scs se sl slu sp spa spzoo sro srl "
    "srls ug zoo"
)
LEGAL_FORMS = frozenset(_FORMS.split())
_JOINS = frozenset({"&", "+", "and", "und", "et", "y", "e"})


@lru_cache(maxsize=65536)
def plain_text(text: str) -> str:
    """A text as it is stored: composed letters (NFC), straight quotes, single spaces, and nothing
    that cannot be seen. Its letters, their case and its other marks stay."""
    return " ".join(spelled(text).split())


def spelled(text: str) -> str:
    """The same with its spaces as they are: for a part of a text that is looked for."""
    if text.isascii() and "`" not in text:
        return text
    return unicodedata.normalize("NFC", text).translate(_TABLE)


def compared(text: object) -> str:
    """A text as it is compared with others: in its plain form, without regard to case."""
    return _compared(str(text))


@lru_cache(maxsize=65536)
def _compared(text: str) -> str:
    return unicodedata.normalize("NFC", plain_text(text).casefold())


@lru_cache(maxsize=65536)
def company(name: str) -> str:
    """A company's name as it is compared: without spaces, points and commas, and without the legal
    forms at its end (``Müller GmbH & Co. KG`` is ``Müller``), as long as something is left."""
    words = re.sub(r"[.,()]", "", compared(name)).split()
    kept = len(words)
    while kept > 1 and words[kept - 1] in LEGAL_FORMS | _JOINS:
        kept -= 1
    return "".join(words[:kept])


def address(email: str) -> str:
    """An e-mail address as it is looked up: small letters, composed, and its domain as it is read
    (``müller.de``), not as it is sent (``xn--mller-kva.de``)."""
    seen = email if email.isascii() else email.translate(_UNSEEN)
    plain = unicodedata.normalize("NFC", seen.strip().lower())
    local, at, domain = plain.rpartition("@")
    return f"{local}{at}{_readable(domain)}" if "xn--" in domain else plain


@lru_cache(maxsize=4096)
def _readable(domain: str) -> str:
    import idna

    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain
