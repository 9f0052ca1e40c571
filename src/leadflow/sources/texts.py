"""Values of a delivery as the texts that the readers of files take."""

from decimal import Decimal
from math import isfinite
from typing import Any, Literal


class NotAValue(ValueError):
    """An object or a list stands where a value is wanted."""


def as_text(value: Any, decimal: Literal[".", ","] | None) -> str | None:
    """The value as a cell of a file would say it; None for null.

    A number of JSON is written so that it can be read in one way only, whichever mark for decimals
    the texts of the source have. A list is none, however few are in it; an empty one is nothing.

    Raises:
        NotAValue: it is none.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise NotAValue("is no number")
        return _fraction(value, decimal)
    if isinstance(value, list):
        if value:
            raise NotAValue("is a list, not a value: take one, PATH[0], or write join('; ', PATH)")
        return None
    raise NotAValue("is an object, not a value: name a path in it")


def _fraction(value: float, decimal: str | None) -> str:
    if value == int(value):
        return str(int(value))
    written = format(Decimal(repr(value)), "f")
    whole, _, fraction = written.partition(".")
    # Three digits after a mark could be thousands.
    fraction += "0" if len(fraction) == 3 else ""
    return f"{whole}{decimal or '.'}{fraction}"
