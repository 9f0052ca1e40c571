"""What is wrong with a value of a campaign, in words of people who never heard of a type. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from features.how_many import how_many
from leadflow.conditions.problems import listed
from leadflow.refusals import OBJECT, in_words

LIST = "Write a list here: one thing a line, each after a dash; or [one, another]."
WORDS = 'Write words here; in quotes where they look like a number, a date or yes and no: "12".'
WHOLE, NUMBER, TRUTH = "Write a whole number here.", "Write a number here.", "Write true or false."
_PLAIN: Mapping[str, str] = {
    "string_type": WORDS,
    "string_too_short": "Write something here: it is empty.",
    "int_type": WHOLE,
    "int_from_float": WHOLE,
    "int_parsing": WHOLE,
    "int_parsing_size": WHOLE,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": NUMBER,
    "bool_type": TRUTH,
    "bool_parsing": TRUTH,
    "list_type": LIST,
    "tuple_type": LIST,
    "set_type": LIST,
    "frozen_set_type": LIST,
    "mapping_type": f"{OBJECT[0].upper()}{OBJECT[1:]}.",
    "none_required": "Leave this out.",
}
_BOUNDED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda of: f"Write a number above {of['gt']:,}.",
    "greater_than_equal": lambda of: f"Write a number of at least {of['ge']:,}.",
    "less_than": lambda of: f"Write a number below {of['lt']:,}.",
    "less_than_equal": lambda of: f"Write a number of at most {of['le']:,}.",
    "string_too_long": lambda of: f"Write at most {how_many(of['max_length'], 'character')}.",
    "too_long": lambda of: f"There may be {of['max_length']:,} of these at most.",
    "too_short": lambda of: f"There must be {of['min_length']:,} of these at least.",
    "literal_error": lambda of: f"Write {_either(of['expected'])}.",
    "enum": lambda of: f"Write {_either(of['expected'])}.",
}


def plainly(fault: Mapping[str, Any]) -> str:
    """One of the faults that pydantic finds, as a sentence that says what to write."""
    kind = fault["type"]
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _BOUNDED:
        return _BOUNDED[kind](fault["ctx"])
    said = in_words(fault)
    return f"{said[0].upper()}{said[1:]}."


def _either(expected: str) -> str:
    """``'a', 'b' or 'c'`` without the quotes."""
    names = [one.strip().strip("'") for one in expected.replace(" or ", ", ").split(",")]
    return listed(names)
