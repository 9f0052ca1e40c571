"""Rows of a file that may be of one lead: stored one after another, in the order of the file."""

from collections.abc import Hashable, Iterable, Sequence

Keys = Iterable[Hashable]


def turns(rows: Sequence[Keys], known: Iterable[Keys]) -> list[int]:
    """The turn of each row: rows of one turn are of different leads and may be stored together.

    Two rows may be of one lead where a chain of shared keys leads from one to the other: both give
    the same address, or one gives the address and the other the id of one known lead. Of such rows
    the first has turn 0, the next turn 1, and so on. So however a file is cut into batches, each
    row finds what the rows before it have left.

    Args:
        rows: the keys each row names its lead by.
        known: the keys of each known lead that the rows may mean.
    """
    groups = _Groups()
    for keys in (*known, *rows):
        groups.join(keys)
    seen: dict[Hashable, int] = {}
    found = []
    for keys in rows:
        group = groups.of(keys)
        turn = 0 if group is None else seen.get(group, 0)
        if group is not None:
            seen[group] = turn + 1
        found.append(turn)
    return found


class _Groups:
    """Keys in groups that grow together."""

    def __init__(self) -> None:
        self._above: dict[Hashable, Hashable] = {}

    def join(self, keys: Keys) -> None:
        """Make one group of the groups of these keys."""
        top = None
        for key in keys:
            other = self._top(key)
            if top is None:
                top = other
            self._above[other] = top

    def of(self, keys: Keys) -> Hashable | None:
        """What stands for the group of a row's keys; None for a row without keys."""
        first = next(iter(keys), None)
        return None if first is None else self._top(first)

    def _top(self, key: Hashable) -> Hashable:
        above = self._above.setdefault(key, key)
        while above != key:
            # Halve the way for who comes next.
            self._above[key] = self._above[above]
            key, above = above, self._above[above]
        return key
