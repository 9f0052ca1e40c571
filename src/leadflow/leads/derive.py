"""Values derived from the words of a lead: pure functions of text, None where unknown."""

import re

from leadflow.leads.places import place as place
from leadflow.leads.readers.phones import normalise_phone as normalise_phone
from leadflow.leads.readers.timelines import timeline_months as timeline_months

_FREE = """
    126.com 163.com aol.com fastmail.com free.fr gmail.com gmx.at gmx.com gmx.de gmx.net
    googlemail.com hotmail.co.uk hotmail.com hotmail.de hotmail.fr icloud.com laposte.net
    libero.it live.com mac.com mail.com mail.ru me.com msn.com naver.com orange.fr
    outlook.com outlook.de proton.me protonmail.com qq.com t-online.de web.de yahoo.co.in
    yahoo.co.jp yahoo.co.uk yahoo.com yahoo.de yahoo.fr yandex.com yandex.ru ymail.com
    zoho.com
"""
FREE_MAIL = frozenset(_FREE.split())
# The first that fits decides, so the words that merely contain another title come first.
SENIORITIES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (level, re.compile(pattern))
    for level, pattern in (
        ("specialist", r"\b(assistant to|(executive|personal) assistant|secretary)\b"),
        (
            "executive",
            r"\bc([efimoprstx]|am|dt|is|hr|ompliance )o\b|\bchief\b|founder\b|"
            r"(?<!product )(?<!process )\bowner\b|(?<!vice )(?<!vice-)\bpresident\b|"
            r"\b(managing|executive) director\b|\bmanaging partner\b|\bentrepreneur\b",
        ),
        ("vice president", r"\b[aes]?vp\b|\bvice[ -]president\b"),
        ("director", r"\bdirector\b|\bhead\b"),
        ("manager", r"\bmanager\b|\bmanagement\b|\blead\b|\bsupervisor\b|\bprincipal\b"),
        (
            "specialist",
            r"specialist|engineer|analyst|consultant|developer|coordinator|associate|assistant|"
            r"representative|executive|administrator|technician|designer|accountant|officer|"
            r"architect|scientist|strategist|advisor|adviser|planner|buyer|writer|editor|owner|\badmin",
        ),
    )
)


def normalise_email(email: str) -> str:
    """The form an address is looked up by: without spaces around it, in small letters."""
    return email.strip().lower()


def email_kind(email: str | None) -> str:
    """``none``, ``free`` (a provider anybody can register with) or ``company``."""
    if not email:
        return "none"
    return "free" if normalise_email(email).rpartition("@")[2] in FREE_MAIL else "company"


def seniority(job_title: str | None) -> str | None:
    """The level of a job title; ``other`` for one that is not recognised, None without a title."""
    words = (job_title or "").strip().lower().replace(".", "")
    if not words:
        return None
    return next((level for level, pattern in SENIORITIES if pattern.search(words)), "other")
