"""Names of columns, each a different one."""

from collections.abc import Sequence


def numbered(names: Sequence[str]) -> list[str]:
    """The names, trimmed; one that stands again has its number behind it, ``Phone (2)``, and one
    that is empty is called by its place, ``column 3``."""
    found: list[str] = []
    for place, name in enumerate(names, 1):
        wanted = " ".join(name.split()) or f"column {place}"
        times, free = 1, wanted
        while free in found:
            times += 1
            free = f"{wanted} ({times})"
        found.append(free)
    return found
