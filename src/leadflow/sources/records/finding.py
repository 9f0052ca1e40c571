"""Finding the records of a delivery; where there are none, what there is instead."""

import re
from typing import Any

from leadflow.sources.paths import Follower

# A name that a program gave; any other key may be somebody's.
PLAIN = re.compile(r"[A-Za-z_@#][A-Za-z0-9_.-]{0,39}")
STEP = re.compile(r'("[^"]*"|[^.\[|]+)')
MOST_NAMED = 6


class NothingThere(ValueError):
    """The body has nothing where its records should be; the message completes "records …"."""


def find_records(follower: Follower, path: str | None, body: Any) -> list[Any]:
    """What stands at the path, as a list; without a path, the body. The list may be empty.

    Raises:
        NothingThere: nothing stands there.
    """
    found = body if path is None else follower.follow(path, body)
    if found is None:
        raise NothingThere("is null" if path is None else _instead(follower, path, body))
    return found if isinstance(found, list) else [found]


def _instead(follower: Follower, path: str, body: Any) -> str:
    """How far the path leads, and what there is."""
    gone, reached = "", body
    for step in STEP.findall(path):
        further = f"{gone}.{step}" if gone else step
        value = follower.follow(further, body) if _is_name(step) else None
        if value is None:
            break
        gone, reached = further, value
    return f"finds nothing at `{path}`; {f'`{gone}`' if gone else 'the body'} {_has(reached)}"


def _is_name(step: str) -> bool:
    return step.startswith('"') or re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", step) is not None


def _has(value: Any) -> str:
    if isinstance(value, list):
        return "is a list" if value else "is an empty list"
    if not isinstance(value, dict):
        return "is null" if value is None else "is neither an object nor a list"
    names = [f"`{name}`" for name in value if PLAIN.fullmatch(name) is not None]
    others = [] if 0 < len(names) <= MOST_NAMED else ["more"] if names else ["no plain names"]
    return f"has {', '.join(names[:MOST_NAMED] + others)}" if value else "is empty"
