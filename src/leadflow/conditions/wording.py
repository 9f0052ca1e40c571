"""Conditions in words, as people read and choose them. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from leadflow.conditions.operators import OF_PRESENCE

FIELD_WORDS = {
    "total_score": "score",
    "probability": "chance",
    "created_at": "day it came in",
    "known_from": "known since",
    "last_event_at": "last activity",
    "age_days": "age in days",
    "lost_days": "days since it was lost",
    "email_kind": "kind of e-mail address",
    "has_phone": "has a phone number",
    "service_requirements": "wants",
    "timeline_months": "months until it buys",
    "company_name": "company",
    "region": "region of the country",
    "regime": "how the score is made",
}
OPERATOR_WORDS = {
    "equals": "is",
    "not_equals": "is not",
    "greater_than": "is more than",
    "greater_or_equal": "is at least",
    "less_than": "is less than",
    "less_or_equal": "is at most",
    "between": "is between",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "starts_with": "begins with",
    "is_empty": "is not known",
    "exists": "is known",
    "within_last": "was in the last",
}
# The same of moments, which are compared as texts are written.
_OF_MOMENTS = {
    "greater_than": "is after",
    "greater_or_equal": "is not before",
    "less_than": "is before",
    "less_or_equal": "is not after",
}
_OPPOSITE = {"is_empty": "exists", "exists": "is_empty"}
_UNITS = {"m": "minute", "h": "hour", "d": "day", "w": "week"}
_JOINED: dict[str, Callable[[list[str]], str]] = {
    "all": " and ".join,
    "any": lambda said: "either " + " or ".join(said),
    "none": lambda said: "neither " + " nor ".join(said),
}


def field_words(name: str) -> str:
    """``company_size`` is ``company size``; an attribute is called what it is called there."""
    own = name.partition(".")[2] or name
    return FIELD_WORDS.get(name) or own.replace("_", " ")


def in_words(where: Mapping[str, Any]) -> str:
    """Conditions that can be used, as rules have them: ``industry is one of retail, finance``."""
    return " and ".join(_parts(where))


def _parts(where: Mapping[str, Any]) -> Iterable[str]:
    for name, content in where.items():
        if name in _JOINED:
            said = [in_words(one) for one in content]
            # What stands in a group of its own is set apart from what is beside it.
            held = [f"({one})" if " and " in one or " or " in one else one for one in said]
            yield held[0] if name != "none" and len(held) == 1 else _JOINED[name](held)
        else:
            tests = content if isinstance(content, list) else [content]
            yield " and ".join(_test(name, test) for test in tests)


def _test(name: str, test: Mapping[str, Any]) -> str:
    operator, value = str(test["operator"]), test.get("value", True)
    if operator in OF_PRESENCE:
        return f"{field_words(name)} {OPERATOR_WORDS[operator if value else _OPPOSITE[operator]]}"
    words = OPERATOR_WORDS[operator]
    if isinstance(value, str):
        words = _OF_MOMENTS.get(operator, words)
    return f"{field_words(name)} {words} {_value(operator, value)}"


def _value(operator: str, value: Any) -> str:
    if operator == "between":
        return " and ".join(map(_one, value))
    if operator == "within_last":
        number, unit = value[:-1], _UNITS[value[-1]]
        return f"{number} {unit if number == '1' else unit + 's'}"
    return ", ".join(map(_one, value)) if isinstance(value, list) else _one(value)


def _one(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.15g}" if isinstance(value, float) else str(value)
