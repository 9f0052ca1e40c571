"""When somebody wants to start, out of their own words, in months; None where that is not certain.

A timeline is read where one span of time stands in it and nothing that could turn its meaning
round: no second number, no "not", "ago" or "after".
"""

import re
from functools import lru_cache

_UNITS: dict[float, str] = {
    12 / 365.25: "day days tag tage tagen jour jours día días dia dias dag dagen giorno giorni",
    84 / 365.25: "week weeks wk wks woche wochen semaine semaines semana semanas weken "
    "settimana settimane",
    1.0: "month months mth mths mo mos monat monate monaten mois mes meses maand maanden mese "
    "mesi mês",
    3.0: "quarter quarters qtr qtrs quartal quartale quartalen trimestre trimestres trimestri "
    "kwartaal kwartalen",
    12.0: "year years yr yrs jahr jahre jahren an ans année années año años ano anos jaar anno "
    "anni",
}
UNITS = {word: months for months, words in _UNITS.items() for word in words.split()}
# Whoever only looks around is counted among the latest: two years.
LOOKING_MONTHS, LONGEST_MONTHS = 24.0, 120.0
LOOKING = re.compile(
    r"(?:i am |i'm |we are |we're )?just (?:looking(?: around)?|browsing)|"
    r"no (?:timeline|plans?|hurry|rush)(?: yet)?"
)
AT_ONCE = re.compile(
    r"(?:as soon as possible|immediate(?:ly)?|asap|(?:right )?now|(?:right|straight) away|at once|"
    r"urgent(?:ly)?|today|sofort|so bald wie möglich|immédiatement|dès que possible|inmediatamente|"
    r"inmediato|onmiddellijk|subito|imediatamente|imediato)(?: please)?"
)
_MORE = (
    r"an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|some|several|half|"
    r"eine?[mnrs]?|une?|um|uma|deux|trois|zwei|drei|sechs|een|twee|dem?ie?|medi[oa]|mei[oa]|mezz[oa]"
)
# What turns a span round, into something else than a start, or into a part of a longer one.
TURNS = re.compile(
    r"\b(?:not?|never|ago|after|last|past|previous|since|until|old|every|each|per|for|kein(?:e|en)?|"
    r"nicht|vor|nach|pas|après|il y a|depuis|después|hace|niet|na|geleden|dopo|fa|não|depois|há|"
    r"unsure|unknown|ever|or (?:so|two|three|more|later)|experience\w*|once|twice|times|late|"
    r"contra(?:c?t|tt)\w*|vertrag\w*|trials?|overdue|überfällig|notice|of (?:an?|one)|"
    rf"(?:and|plus|und|et|y|e|en) (?:{_MORE})|halb\w*|"
    r"half(?! a (?:day|week|month|quarter|year)\b))\b|n't\b|[½¼¾]"
)
FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}
_NUMBER = r"(?:\d{1,3}(?:[.,]\d{1,2})?|\d{1,2} 1/2)"
_BETWEEN = r"\s*(?:-|–|—|to|bis|à|a|tot|or|and)\s*"
_WORD = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
SPAN = re.compile(
    rf"(?<![\w.,/+−-])(?P<least>{_NUMBER})\s*\+?(?:{_BETWEEN}(?P<most>{_NUMBER}))?\s*\+?[\s-]*"
    rf"(?P<unit>{_WORD})\b"
)
BARE = re.compile(rf"(?P<least>\d{{1,2}})\+?(?:{_BETWEEN}(?P<most>\d{{1,2}}))?")
NAMED = re.compile(
    r"\b(?P<how>this|next|within (?:an?|one|the)|an?|one|half a)\s+"
    r"(?P<unit>day|week|month|quarter|year)\b"
)
LENGTHS = ("a", "an", "one", "half a")
# A quarter is always one of a year.
QUARTER = re.compile(r"\b(quarters?) of a year\b")
# One span more, in words, and one that goes on in the next: "a year and 6 months".
COUNTED = re.compile(
    rf"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several)[\s-]+(?:{_WORD})\b"
)
GOES_ON = re.compile(
    rf"\b(?:{_WORD})\b(?:\s*(?:,|&|\+|(?:and|plus|und|et|y|e|en)\b)\s*|(?<!\ban)\s+)$"
)


@lru_cache(maxsize=65536)
def timeline_months(text: str | None) -> float | None:
    """The latest start a timeline speaks of, in months: ``1-3 months`` is 3.0, ``asap`` is 0.0."""
    words = " ".join((text or "").lower().replace("’", "'").strip(" .!?").split())
    for sign, fraction in FRACTIONS.items():
        words = re.sub(rf"(?<=\d) ?{sign}", fraction, words)
    if AT_ONCE.fullmatch(words) is not None:
        return 0.0
    if LOOKING.fullmatch(words) is not None:
        return LOOKING_MONTHS
    words = QUARTER.sub(r"\1", words)
    if TURNS.search(words) is not None or COUNTED.search(words) is not None:
        return None
    bare = BARE.fullmatch(words)
    if bare is not None:
        return _latest(bare, 1.0)
    spans = [*SPAN.finditer(words)]
    if len(spans) == 1:
        (span,) = spans
        before, after = words[: span.start()], words[span.end() :]
        longer = GOES_ON.search(before) is not None or re.search(r"\d", before + after) is not None
        other = any(one["how"] in LENGTHS for one in NAMED.finditer(f"{before}| |{after}"))
        return None if longer or other else _latest(span, UNITS[span["unit"]])
    named = [*NAMED.finditer(words)]
    if spans or len(named) != 1 or re.search(r"\d", words):
        return None
    return round(UNITS[named[0]["unit"]] * (0.5 if named[0]["how"] == "half a" else 1.0), 2)


def _latest(span: re.Match[str], unit: float) -> float | None:
    least = _number(span["least"])
    most = least if span["most"] is None else _number(span["most"])
    months = round(most * unit, 2)
    return months if least <= most and months <= LONGEST_MONTHS else None


def _number(text: str) -> float:
    whole, _, half = text.partition(" ")
    return float(whole.replace(",", ".")) + (0.5 if half else 0.0)
