"""Patterns of personal data in text, and their removal."""

import re

EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<!\w)\+\d(?:[ ().-]{0,2}\d){7,14}(?!\w)")
# As people write them at home; a date is none, and a figure of ten digits is given up with them.
HOME_PHONE = re.compile(
    r"(?<![\w.:])(?!\d{4}-\d\d-\d\d)(?:\(\d{2,5}\)|\d{2,5})(?:[ ./-]{1,2}\d{2,8}){1,5}(?![\w:])"
)
DIGITS = re.compile(r"(?<!\w)\d{10,15}(?!\w)")
# How PostgreSQL, SQLAlchemy and pydantic quote the values that an error is about.
QUOTED = re.compile(
    r"""(?<!\w)'[^'\n]{1,2000}'(?!\w)|"[^"\n]{1,2000}"|“[^”\n]{1,2000}”|‘[^’\n]{1,2000}’"""
)
DETAIL = re.compile(r"(DETAIL|CONTEXT|LINE \d+):[^\n]*")
KEY_VALUE = re.compile(r"\)=\([^\n]*")
PARAMETERS = re.compile(r"\[parameters: [^\n]*")
INPUT = re.compile(r"input_value=.*?(?=, input_type|$)", re.MULTILINE)
LEFT_OUT = "…"


def without_personal_data(text: str) -> str:
    """The text without e-mail addresses, phone numbers, and whatever it quotes: values of an error,
    words between quotation marks. Each is replaced by ``…`` or by what it was."""
    text = DETAIL.sub(rf"\1: {LEFT_OUT}", text)
    text = KEY_VALUE.sub(f")=({LEFT_OUT})", text)
    text = PARAMETERS.sub(f"[parameters: {LEFT_OUT}]", text)
    text = INPUT.sub(f"input_value={LEFT_OUT}", text)
    text = QUOTED.sub(LEFT_OUT, text)
    return without_addresses(text)


def without_addresses(text: str) -> str:
    """The text without e-mail addresses and phone numbers."""
    text = EMAIL.sub("[e-mail]", text) if "@" in text else text
    text = PHONE.sub("[phone]", text) if "+" in text else text
    return DIGITS.sub("[number]", HOME_PHONE.sub(_if_a_number, text))


def _if_a_number(found: re.Match[str]) -> str:
    digits = sum(map(str.isdigit, found[0]))
    return "[phone]" if 7 <= digits <= 15 else found[0]
