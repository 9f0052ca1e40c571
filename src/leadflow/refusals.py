"""What is wrong with a value that somebody wrote, in words that name no class and no type of ours.
Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from pydantic_core.core_schema import ErrorType

from features.how_many import how_many

# The types of faults that pydantic finds by itself; others have words of ours.
_THEIRS = frozenset(get_args(ErrorType))
# Their own words name the class that was to be made.
OBJECTS = frozenset({"model_type", "model_attributes_type", "dataclass_type", "dict_type"})
OBJECT = "write names with their values here (in JSON an object, in YAML a mapping)"
LIST = "write a list here: [one, another], or in YAML each on a line of its own after a dash"
TEXT = 'write text here, in quotes where it looks like a number, a date or yes and no: "12"'
WHOLE, NUMBER, TRUTH = "write a whole number", "write a number", "write true or false"
MOMENT = "write a moment such as 2026-03-01T09:00:00Z, with its zone"
DAY, CLOCK = "write a day such as 2026-03-01", 'write a time of day in quotes, such as "08:00"'
CANNOT = "this cannot stand here"
_PLAIN: Mapping[str, str] = {
    "missing": "this is required",
    "extra_forbidden": "there is no such key; take it out or correct its name",
    "none_required": "leave this out",
    "finite_number": NUMBER,
    "string_too_short": "write something here: it is empty",
    "timezone_naive": "write a moment without a zone, such as 2026-03-01T09:00:00",
    "date_past": "write a day that is past",
    "date_future": "write a day that is to come",
    "datetime_past": "write a moment that is past",
    "datetime_future": "write a moment that is to come",
    "set_item_not_hashable": "write single values in this list",
    "invalid_key": "write names in quotes where they look like numbers",
    **dict.fromkeys(OBJECTS, OBJECT),
    "mapping_type": OBJECT,
}
# By how what they are of begins.
_OF_A_KIND: Mapping[str, str] = {
    "string_": TEXT,
    "int_": WHOLE,
    "float_": NUMBER,
    "decimal_": NUMBER,
    "bool_": TRUTH,
    "list_": LIST,
    "tuple_": LIST,
    "set_": LIST,
    "frozen_set_": LIST,
    "iterable_": LIST,
    "datetime_": MOMENT,
    "timezone_": MOMENT,
    "date_": DAY,
    "time_delta_": "write how long as ISO 8601 does, such as P2D for two days",
    "time_": CLOCK,
    "url_": "write an address such as https://example.com/in",
    "uuid_": "write an id as it was given",
}
_BOUNDED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda of: f"write a number above {_bound(of['gt'])}",
    "greater_than_equal": lambda of: f"write a number of at least {_bound(of['ge'])}",
    "less_than": lambda of: f"write a number below {_bound(of['lt'])}",
    "less_than_equal": lambda of: f"write a number of at most {_bound(of['le'])}",
    "multiple_of": lambda of: f"write a multiple of {_bound(of['multiple_of'])}",
    "too_short": lambda of: f"write at least {of['min_length']:,} of these",
    "too_long": lambda of: f"write at most {of['max_length']:,} of these",
    "string_too_long": lambda of: f"write at most {how_many(of['max_length'], 'character')}",
    "string_pattern_mismatch": lambda of: _SHAPES.get(of["pattern"], SHAPE),
    "literal_error": lambda of: f"write {choices(of['expected'])}",
    "enum": lambda of: f"write {choices(of['expected'])}",
    "decimal_max_places": lambda of: f"write at most {of['decimal_places']} places after the point",
}
SHAPE = "it is not written as it must be here"
_NAME = "beginning with a letter, at most {} characters"
_SHAPES: Mapping[str, str] = {
    "^[a-z][a-z0-9_]{0,62}$": "write small letters, digits and _, " + _NAME.format(63),
    "^[a-z][a-z0-9_-]{0,62}$": "write small letters, digits, - and _, " + _NAME.format(63),
    "^[a-z][a-z0-9_.]{0,99}$": "write small letters, digits, . and _, " + _NAME.format(100),
    "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$": "write letters, digits, _, . and -, beginning with a "
    "letter or a digit, at most 100 characters",
    "^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$": "write letters, digits, _ and -, beginning with a letter "
    "or a digit, at most 100 characters",
    "^[A-Za-z0-9-]{1,100}$": "write letters, digits and -, at most 100 characters",
    "^[A-Z]{3}$": "write a currency by its three letters, such as EUR",
    r"^[^@\s]+@[^@\s]+$": "write an e-mail address",
    r"^([01]\d|2[0-3]):[0-5]\d$": CLOCK,
    r"^[ -~]{0,40}$": "write at most 40 letters, digits and signs as on every keyboard",
}


def in_words(fault: Mapping[str, Any]) -> str:
    """One of the faults that pydantic finds: what to write, without a point at its end."""
    kind = fault["type"]
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _BOUNDED and fault.get("ctx"):
        return _BOUNDED[kind](fault["ctx"])
    said = str(fault["msg"])
    if kind not in _THEIRS:
        return said.rstrip(".")
    for before in ("Value error, ", "Assertion failed, "):
        if said.startswith(before):
            return said.removeprefix(before).rstrip(".")
    return next((words for of, words in _OF_A_KIND.items() if kind.startswith(of)), CANNOT)


def sentence(fault: Mapping[str, Any]) -> str:
    """The same as a sentence of its own; what a check of ours says begins as it says it, for it
    may begin with a name."""
    said = in_words(fault)
    if fault["type"] in ("value_error", "assertion_error"):
        return f"{said}."
    return f"{said[:1].upper()}{said[1:]}."


def without_echoes(faults: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The faults but those that follow from others: a list lacks what is wrong in it."""
    found = list(faults)
    places = [tuple(one["loc"]) for one in found]
    return [
        one
        for one in found
        if one["type"] != "too_short" or not any(_lies_in(place, one["loc"]) for place in places)
    ]


def choices(expected: str) -> str:
    """``'a', 'b' or 'c'`` without the quotes, where these are names."""
    return re.sub(r"'([A-Za-z0-9_.:-]*[A-Za-z0-9_:-])'", r"\1", expected)


def _lies_in(place: tuple[Any, ...], within: Iterable[Any]) -> bool:
    above = tuple(within)
    return len(place) > len(above) and place[: len(above)] == above


def _bound(number: Any) -> str:
    if isinstance(number, float) and number.is_integer():
        return f"{int(number):,}"
    return f"{number:,}" if isinstance(number, int | float) else str(number)
