"""Finding out how the numbers of a file are written, from all of them."""

import re
from collections.abc import Iterable
from typing import Literal

from leadflow.leads.readers.numbers import DecimalMark

Evidence = DecimalMark | Literal["unsure"] | None
SIGNS = " $€£\u00a0"
# With one or two digits behind it, or with groups before it, a mark can only begin a fraction.
COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:[. ]\d{3})+,\d+|\d+,\d{1,2})", re.ASCII)
POINT = re.compile(r"[+-]?(?:\d{1,3}(?:[, ]\d{3})+\.\d+|\d+\.\d{1,2}|0\.\d+|\d+\.\d{4,})", re.ASCII)
# 5.000 is five, or five thousand.
EITHER = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)


def decimal_mark(values: Iterable[str | None]) -> Evidence:
    """The mark before a fraction in most numbers among these values; ``unsure`` where those with a
    mark could be read either way; None where no number has one."""
    comma = point = either = 0
    for value in values:
        text = (value or "").strip(SIGNS)
        comma += COMMA.fullmatch(text) is not None
        point += POINT.fullmatch(text) is not None
        either += EITHER.fullmatch(text) is not None
    if comma or point:
        return "," if comma > point else "."
    return "unsure" if either else None
