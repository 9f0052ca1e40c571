"""Telephone numbers, as they are dialled from anywhere."""

import re
from functools import lru_cache

FEWEST_DIGITS = 5
A_NUMBER = "a telephone number, best as it is dialled from abroad, such as +14155550123"


def may_be_a_number(phone: str) -> bool:
    """Whether there are digits enough for a number, wherever it is dialled from."""
    return len(re.sub(r"\D", "", phone)) >= FEWEST_DIGITS


@lru_cache(maxsize=65536)
def normalise_phone(phone: str | None, country: str | None = None) -> str | None:
    """The number in E.164 form (``+493012345678``), where its country is known: from a ``+`` or
    ``00`` before it, or from the lead's (ISO 3166); an extension stands after it (``;ext=5``, as in
    RFC 3966). Without a country, its digits as they were written.

    None for what is no number, and where a country has no such number.
    """
    from phonenumbers import (
        NumberParseException,
        PhoneNumberFormat,
        format_number,
        is_possible_number,
        parse,
    )

    given = (phone or "").strip()
    if not may_be_a_number(given):
        return None
    digits = re.sub(r"\D", "", given)
    if digits.startswith("00") and not given.startswith("+"):
        given = "+" + digits[2:]
    if not given.startswith("+") and country is None:
        return digits if re.fullmatch(r"[\d\s()./–-]+", given) is not None else None
    try:
        number = parse(given, country)
    except NumberParseException:
        return None
    if not is_possible_number(number):
        return None
    extension = f";ext={number.extension}" if number.extension else ""
    return f"{format_number(number, PhoneNumberFormat.E164)}{extension}"
