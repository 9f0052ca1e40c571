"""What is wrong with a value of a campaign, in words of people who never heard of a type. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from features.how_many import how_many
from leadflow.refusals import OBJECTS, in_words

LIST = "Write a list here: one thing a line, each after a dash; or [one, another]."
WORDS = 'Write words here; in quotes where they look like a number, a date or yes and no: "12".'
HOUR = 'Write an hour in quotes, such as "08:00".'
NAMES = "Write names with their values here: each on a line of its own, as name: value."
_PLAIN: Mapping[str, str] = {
    "string_type": WORDS,
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), LIST),
    **dict.fromkeys(("mapping_type", *OBJECTS), NAMES),
}
# What stands in a list, by what the list is called.
_ONE_OF: Mapping[str, str] = {
    "switch": "case",
    "steps": "step",
    "exit": "criterion",
    "frames": "frame",
    "on": "event",
    "weekdays": "weekday",
    "campaigns": "campaign",
    "scenarios": "scenario",
    "contents": "content",
    "expect": "line",
    "life": "moment",
    "zones": "time zone",
    "open_hours": "day",
}


def plainly(fault: Mapping[str, Any]) -> str:
    """One of the faults that pydantic finds, as a sentence that says what to write."""
    kind, place = fault["type"], fault.get("loc", ())
    if kind == "string_type" and place and _is_hour(place):
        return HOUR
    if kind in ("too_long", "too_short"):
        return _of_many(kind, fault["ctx"], place)
    if kind in _PLAIN:
        return _PLAIN[kind]
    said = in_words(fault)
    return f"{said[:1].upper()}{said[1:]}."


def _is_hour(place: Sequence[Any]) -> bool:
    """Whether an hour stands there: ``at`` of a scenario is a moment."""
    return place[-1] in ("start", "end") or (place[-1] == "at" and "until" in place)


def _of_many(kind: str, of: Mapping[str, Any], place: Sequence[Any]) -> str:
    """How many things there may be, by what they are called."""
    named = str(place[-1]) if place else ""
    one = _ONE_OF.get(named, f"thing under `{named}`" if named else "thing")
    if kind == "too_long":
        return f"Write at most {how_many(of['max_length'], one)}."
    return f"Write at least {how_many(of['min_length'], one)}."
