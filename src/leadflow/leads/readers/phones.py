"""Telephone numbers, as they are dialled from anywhere."""

import re
from functools import lru_cache

FEWEST_DIGITS = 5


@lru_cache(maxsize=65536)
def normalise_phone(phone: str | None, country: str | None = None) -> str | None:
    """The number in E.164 form (``+493012345678``), where its country is known: from a ``+`` or
    ``00`` before it, or from the lead's (ISO 3166). Without one, its digits as they were written.

    None for what is no number, and where a country has no such number.
    """
    from phonenumbers import (
        NumberParseException,
        PhoneNumberFormat,
        format_number,
        is_possible_number,
        is_valid_number,
        parse,
    )

    given = (phone or "").strip()
    digits = re.sub(r"\D", "", given)
    if len(digits) < FEWEST_DIGITS:
        return None
    if digits.startswith("00") and not given.startswith("+"):
        given = "+" + digits[2:]
    if not given.startswith("+") and country is None:
        return digits if re.fullmatch(r"[\d\s()./–-]+", given) is not None else None
    try:
        number = parse(given, country)
    except NumberParseException:
        return None
    # Where the country is only the lead's, the number must be one of those that it has.
    if not is_possible_number(number) or not (given.startswith("+") or is_valid_number(number)):
        return None
    return str(format_number(number, PhoneNumberFormat.E164))
