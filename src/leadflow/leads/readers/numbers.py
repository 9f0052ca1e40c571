"""Numbers as people write them: read exactly, or refused; never another number."""

import re
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Literal

from leadflow.exact import MOST_EXACT

DecimalMark = Literal[".", ","]
PLAIN = re.compile(r"-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?", re.ASCII)
# Between groups of three digits: a point or comma, a space of any width, an apostrophe.
SPACES, APOSTROPHES = " \u00a0\u2009\u202f", "'\u2019\u02bc"
LONGEST = 60
# 5.000 is five, or five thousand.
EITHER = re.compile(r"[+\u2212-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)


class NotANumber(ValueError):
    """The text is no number that can be read for certain; the message completes "the value …"."""


def written(number: float) -> str:
    """A number that is known for certain, as a text that can be read in one way only: 1.234 has a
    zero more, for as it stands it may be 1234 to others."""
    text = repr(number)
    return f"{text}0" if EITHER.fullmatch(text) is not None else text


def read_number(text: str, decimal: DecimalMark | None = ".") -> float:
    """The number that a text is.

    Args:
        decimal: the mark before a fraction. The other mark of ``.`` and ``,`` separates groups of
            three digits and stands nowhere else: with ``,``, 1.500 is 1500 and 1500.50 is refused.
            None: nobody said. It is ``.`` then, but 1.500 is refused, for it may be either.

    Raises:
        NotANumber: it is none, or could be several.
    """
    if decimal is None:
        if EITHER.fullmatch(text.strip()) is not None:
            raise NotANumber(
                "can be a fraction or thousands, such as 5.000; say `decimal` under `csv` in the "
                "mapping, or write it without the mark"
            )
        decimal = "."
    if decimal == "." and PLAIN.fullmatch(text) is not None:
        number = float(text)
        if abs(number) <= MOST_EXACT:
            return number
    return _read(text, decimal)


@lru_cache(maxsize=65536)
def _read(text: str, decimal: DecimalMark) -> float:
    found = _grammar(decimal).fullmatch(text.strip()) if len(text) <= LONGEST else None
    if found is None:
        raise NotANumber("is not a number")
    whole, fraction, exponent = found["whole"], found["fraction"] or "", found["exponent"] or ""
    digits = re.sub(r"\D", "", whole)
    if len(digits) > 1 and digits.startswith("0"):
        raise NotANumber("begins with a zero, as codes do; map its column as categorical")
    sign = "-" if found["sign"] in ("-", "\u2212") else ""
    said = f"{sign}{digits or '0'}.{fraction or '0'}{exponent}"
    number = float(said)
    if not isfinite(number):
        raise NotANumber("is not a number")
    if abs(number) > MOST_EXACT and Decimal(said) != Decimal(repr(number)):
        raise NotANumber("has more digits than a number keeps; map its column as categorical")
    return number


@lru_cache
def _grammar(decimal: DecimalMark) -> re.Pattern[str]:
    other = {".": ",", ",": "."}[decimal]
    group = f"[{re.escape(other)}{SPACES}{APOSTROPHES}]"
    mark = re.escape(decimal)
    # One mark between all groups; a fraction needs its digits.
    grouped = rf"\d{{1,3}}(?P<group>{group})\d{{3}}(?:(?P=group)\d{{3}})*"
    return re.compile(
        rf"(?P<sign>[+\u2212-]?)(?P<whole>{grouped}|\d+|(?={mark}\d))"
        rf"(?:{mark}(?P<fraction>\d+))?(?P<exponent>[eE][+-]?\d{{1,3}})?",
        re.ASCII,
    )
