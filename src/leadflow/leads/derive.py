"""Values derived from the words of a lead: pure functions of text, None where unknown."""

import re

from leadflow.leads.places import place as place

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
MONTHS_IN = {
    "day": 12 / 365.25,
    "week": 84 / 365.25,
    "wk": 84 / 365.25,
    "quarter": 3.0,
    "year": 12.0,
    "yr": 12.0,
}
# Whoever only looks around is counted among the latest: two years.
LOOKING = re.compile(r"\bjust (looking|browsing)\b|\bno (timeline|plans?|hurry)\b")
LOOKING_MONTHS = 24.0
AT_ONCE = re.compile(r"(?<!not )\b(immediate(ly)?|asap|now|right away|at once|urgent(ly)?|today)\b")
_NUMBERS = r"(\d+(?:\.\d+)?)\s*\+?(?:\s*(?:-|–|to)\s*(\d+(?:\.\d+)?)\s*\+?)?\s*"
TIME_SPAN = re.compile(_NUMBERS + r"(day|week|wk|month|mth|mo|quarter|year|yr)s?\b")
BARE_SPAN = re.compile(_NUMBERS + "()")
NAMED_SPAN = re.compile(r"\b(?:this|next|within an?|an?|one)\s+(day|week|month|quarter|year)\b")


def normalise_email(email: str) -> str:
    """The form an address is looked up by: without spaces around it, in small letters."""
    return email.strip().lower()


def email_kind(email: str | None) -> str:
    """``none``, ``free`` (a provider anybody can register with) or ``company``."""
    if not email:
        return "none"
    return "free" if normalise_email(email).rpartition("@")[2] in FREE_MAIL else "company"


def normalise_phone(phone: str | None) -> str | None:
    """Digits with the leading ``+`` where there was one (``00`` counts); None under five digits."""
    if not phone:
        return None
    digits = re.sub(r"[^\d]", "", phone)
    international = phone.strip().startswith("+")
    if digits.startswith("00") and not international:
        digits, international = digits[2:], True
    if len(digits) < 5:
        return None
    return f"+{digits}" if international else digits


def seniority(job_title: str | None) -> str | None:
    """The level of a job title; ``other`` for one that is not recognised, None without a title."""
    words = (job_title or "").strip().lower().replace(".", "")
    if not words:
        return None
    return next((level for level, pattern in SENIORITIES if pattern.search(words)), "other")


def timeline_months(text: str | None) -> float | None:
    """The latest start a timeline speaks of, in months: ``1-3 months`` is 3.0, ``asap`` is 0.0."""
    words = (text or "").strip().lower()
    if AT_ONCE.search(words):
        return 0.0
    if LOOKING.search(words):
        return LOOKING_MONTHS
    span = TIME_SPAN.search(words) or BARE_SPAN.fullmatch(words)
    if span is not None:
        return round(float(span[2] or span[1]) * MONTHS_IN.get(span[3], 1.0), 2)
    named = NAMED_SPAN.search(words)
    return None if named is None else round(MONTHS_IN.get(named[1], 1.0), 2)
