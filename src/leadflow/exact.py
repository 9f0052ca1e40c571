"""Input as it is meant: a number is written as one, a moment as text; nothing is guessed.

Read loosely, ``true`` is a budget of 1, and the text ``946684800`` a day in the year 2000.
"""

import re
from datetime import date
from math import ulp
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, StrictBool

NUMERIC = re.compile(r"\s*[+-]?[\d.,_]+(e[+-]?\d+)?\s*", re.IGNORECASE)


# As much as every reader of JSON keeps of a whole number (RFC 7493, 2.2).
MOST_EXACT = 2**53 - 1


def exact(number: float) -> float:
    """The number, where it is kept as it was written.

    Raises:
        ValueError: it may have been another before it was read, or would be one once it is stored.
    """
    if abs(number) > MOST_EXACT:
        raise ValueError(
            f"must be sent as text: beyond {MOST_EXACT} a number is not kept digit by digit"
        )
    return number


def in_hundredths(amount: float) -> bool:
    """Whether a sum of money is kept as it was sent: in hundredths, whatever its currency. What
    adding up leaves in the last places of a number, such as 0.30000000000000004, is no fraction."""
    return abs(amount - round(amount, 2)) <= 4 * ulp(amount)


def _number(value: Any) -> Any:
    if isinstance(value, bool | str | bytes):
        raise ValueError("must be a number, written without quotes")
    return value


def _written(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        raise ValueError("must be text such as 2026-03-01T09:00:00Z, not a number")
    if isinstance(value, str) and NUMERIC.fullmatch(value):
        raise ValueError("must be written such as 2026-03-01T09:00:00Z, not as a number")
    return value


# Stands after the bounds of a number, which its schema then says: Annotated[int, Field(ge=0),
# WRITTEN_AS_NUMBER]. Bounds that stand after it are no part of the schema where it may be empty.
WRITTEN_AS_NUMBER = BeforeValidator(_number)
Amount = Annotated[float, WRITTEN_AS_NUMBER]
Whole = Annotated[int, WRITTEN_AS_NUMBER]
Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
Day = Annotated[date, BeforeValidator(_written)]
Flag = StrictBool


def of_an_edit(schema: dict[str, Any]) -> None:
    """For ``json_schema_extra`` of an edit, in which what is not sent stays: no field says a value
    that it has unsaid, for clients made from the schema would send it."""
    for said in schema.get("properties", {}).values():
        said.pop("default", None)
