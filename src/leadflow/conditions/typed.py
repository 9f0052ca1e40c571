"""A condition as somebody types it: a field, a comparison, and what is compared with. Pure."""

import re
from collections.abc import Sequence
from typing import Any

from leadflow.conditions.operators import OF_PRESENCE
from leadflow.conditions.values import ValueKind

_YES, _NO = ("yes", "true"), ("no", "false")
_BETWEEN = re.compile(r"\s*(?:,|;|\bto\b|\band\b)\s*")


def condition_of(
    name: str, kinds: Sequence[ValueKind], operator: str, text: str
) -> dict[str, dict[str, Any]]:
    """The condition as rules have it. What cannot be read as the field's kind stays as it was
    typed, so that reading the condition refuses it and says what to write.

    Args:
        kinds: what the field may be read as, in the order in which that is tried.
        text: of several values, those with commas between them; of two bounds ``10 to 50`` too.
    """
    test: dict[str, Any] = {"operator": operator}
    if operator not in OF_PRESENCE:
        test["value"] = _value(kinds, operator, text.strip())
    return {name: test}


def _value(kinds: Sequence[ValueKind], operator: str, text: str) -> Any:
    if operator == "between":
        return [_one(kinds, part) for part in _BETWEEN.split(text)]
    if operator in ("in", "not_in"):
        parts = (part.strip() for part in text.split(","))
        return [_one(kinds, part) for part in parts if part]
    return text if operator == "within_last" else _one(kinds, text)


def _one(kinds: Sequence[ValueKind], text: str) -> Any:
    for kind in kinds:
        if kind is ValueKind.NUMBER and (number := _number(text)) is not None:
            return number
        if kind is ValueKind.BOOLEAN and text.lower() in (*_YES, *_NO):
            return text.lower() in _YES
        if kind in (ValueKind.TEXT, ValueKind.TEXTS):
            return text
    return text


def _number(text: str) -> int | float | None:
    try:
        return int(text) if re.fullmatch(r"[-+]?[0-9]{1,15}", text) else float(text)
    except ValueError:
        return None
