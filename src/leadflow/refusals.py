"""What is wrong with a value that somebody wrote, in words that name no class of ours."""

from collections.abc import Mapping
from typing import Any

# Their own words name the class that was to be made.
OBJECTS = frozenset({"model_type", "model_attributes_type", "dataclass_type", "dict_type"})
OBJECT = "write names with their values here (in JSON an object, in YAML a mapping)"


def in_words(fault: Mapping[str, Any]) -> str:
    """One of the faults that pydantic finds, without a point at its end."""
    if fault["type"] in OBJECTS:
        return OBJECT
    return str(fault["msg"]).removeprefix("Value error, ").rstrip(".")
