"""Which value of sample records says when they changed, and how it is read."""

import re
from collections.abc import Sequence
from typing import Any

from leadflow.sources.proposing.sampled_records import leaves as leaves_of
from leadflow.sources.proposing.sampled_records import plainly

SAYS_WHEN = frozenset(
    {"changedat", "lastmodified", "lastmodifieddate", "modified", "modifiedat", "occurredat"}
    | {"updated", "updatedat", "updatedtime", "timestamp"}
)
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
BARE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?!.*(?:[zZ]|[+-]\d\d(?::?\d\d)?)$)")
MILLISECONDS, SECONDS = re.compile(r"1\d{12}"), re.compile(r"1\d{9}")


def names_no_zone(values: Sequence[str]) -> bool:
    """Whether any of these moments names no time zone."""
    return any(BARE.match(value) is not None for value in values)


def says_when(
    paths: Sequence[str], leaves: Sequence[dict[str, str]], before: str = ""
) -> tuple[str, str] | None:
    """The path that says when a record changed, and how its moment is read; ``before``: what stands
    before it, seen from the record."""
    for path in paths:
        name = plainly(path)
        values = [leaf[path] for leaf in leaves if leaf.get(path)]
        if name not in SAYS_WHEN or not values:
            continue
        for form, read in (
            (ISO, "{}"),
            (MILLISECONDS, "from_ms({})"),
            (SECONDS, "from_seconds({})"),
        ):
            if all(form.match(value) for value in values):
                return path, read.format(f"{before}{path}")
    return None


def says_when_around(path: str | None, samples: Sequence[Any]) -> tuple[str, str] | None:
    """The same of what stands around the records."""
    if path is None:
        return None
    around = [dict(leaves_of(one)) for one in samples if isinstance(one, dict)]
    outside = dict.fromkeys(found for leaf in around for found in leaf if "." not in found)
    return says_when(list(outside), around, "root().")
