"""Limits on schemas of payloads: one whose check could take unbounded time is refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Where the values of a keyword are schemas by names of their own, and where they are no schemas.
BY_NAME = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})
NO_SCHEMAS = frozenset({"enum", "const", "default", "examples", "required", "type"})
REFERENCES = ("$ref", "$dynamicRef")
# Matching a regular expression may take for ever, comparing each item with each other seconds.
SLOW = ("pattern", "patternProperties", "uniqueItems")
# Schemas within a schema, each counted as often as it is referred to.
MOST_SCHEMAS = 2_000


class SchemaInvalid(ValueError):
    """The schema of a type's payload is no JSON schema that can be used; the message says why."""


def see_bounded(schema: Mapping[str, Any]) -> None:
    """See that checking a payload takes a time that is known: no slow keyword, no schema
    that refers to itself, none that grows beyond measure as its references are followed.

    Raises:
        SchemaInvalid: it may take longer, or refers to something outside itself.
    """
    _Walk(schema).look(schema, ())


@dataclass
class _Walk:
    whole: Mapping[str, Any]
    seen: int = 0

    def look(self, part: Any, followed: tuple[str, ...]) -> None:
        """Look at a schema and all within it; ``followed``: the references that led to it."""
        self.seen += 1
        if self.seen > MOST_SCHEMAS:
            raise SchemaInvalid(f"has more than {MOST_SCHEMAS:,} parts, its references followed")
        for keyword in SLOW:
            if keyword in part:
                raise SchemaInvalid(
                    f"uses {keyword}: regular expressions and uniqueItems are not taken, enum, "
                    "format and maxLength are"
                )
        if "$id" in part and part is not self.whole:
            raise SchemaInvalid("has an $id inside: references would mean something else there")
        for inside in _inside(part):
            self.look(inside, followed)
        for name in REFERENCES:
            if isinstance(part.get(name), str):
                self._follow(part[name], followed)

    def _follow(self, reference: str, followed: tuple[str, ...]) -> None:
        if reference in followed:
            raise SchemaInvalid("refers to itself without end")
        part: Any = self.whole
        for name in reference.removeprefix("#").split("/")[1:]:
            part = part.get(name) if isinstance(part, Mapping) else None
        if not reference.startswith("#") or not isinstance(part, Mapping):
            raise SchemaInvalid("refers to something that is not in it; nothing is fetched")
        self.look(part, (*followed, reference))


def _inside(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schemas right within a schema."""
    for name, value in part.items():
        if name in NO_SCHEMAS:
            continue
        held = [value]
        if isinstance(value, list):
            held = value
        elif name in BY_NAME and isinstance(value, Mapping):
            held = list(value.values())
        yield from (one for one in held if isinstance(one, Mapping))
