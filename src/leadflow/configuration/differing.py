"""Two texts side by side, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff

AROUND = 3


@dataclass(frozen=True)
class DiffLine:
    """A line of what two texts differ in: ``+`` new, ``-`` gone, `` `` the same, ``@`` a gap."""

    sign: str
    words: str


def diff(before: str, after: str) -> list[DiffLine]:
    """What differs, with some lines around; nothing where both are the same."""
    return list(_lines(before, after))


def _lines(before: str, after: str) -> Iterator[DiffLine]:
    found = unified_diff(before.splitlines(), after.splitlines(), n=AROUND, lineterm="")
    for number, line in enumerate(found):
        # The first two name the files.
        if number >= 2:
            yield DiffLine(line[0], "" if line[0] == "@" else line[1:])
