"""A value of a record as the cell of a row, by where in the mapping it is used."""

import re
from collections.abc import Collection
from typing import Any, Literal

from leadflow.sources.texts import NotAValue, as_text

# What programs write for nothing, or for a truth; no id is ever one of these.
NO_IDS = frozenset({"null", "none", "nan", "undefined", "true", "false"})
MOMENTS = frozenset({"changed_at", "created_at", "outcome.at"})
COUNTED = re.compile(r"\d{9,17}", re.ASCII)
# The one field that is a list.
LISTS = frozenset({"fields.service_requirements"})


def cell(value: Any, used: Collection[str], decimal: Literal[".", ","] | None) -> str | None:
    """The text of a value that is used at these places of a mapping.

    Raises:
        NotAValue: it cannot be what is meant there.
    """
    if "key" in used:
        return as_id(value)
    if isinstance(value, list) and LISTS.issuperset(used):
        return "; ".join(text for one in value if (text := as_text(one, decimal))) or None
    text = as_text(value, decimal)
    if MOMENTS.intersection(used) and text is not None and COUNTED.fullmatch(text) is not None:
        raise NotAValue("is a number: write from_seconds(PATH) or from_ms(PATH)")
    return text


def as_id(value: Any) -> str | None:
    """The text of an id; None where there is none.

    Raises:
        NotAValue: it is none, though something is there.
    """
    if isinstance(value, bool):
        raise NotAValue("is true or false, which is no id")
    text = as_text(value, None)
    if text is not None and text.strip().lower() in NO_IDS:
        raise NotAValue("is a word for nothing, or true or false, which is no id")
    if text is not None and text.lstrip().startswith(("[", "{")):
        raise NotAValue("is a list or an object that was made a text, which is no id")
    return text
