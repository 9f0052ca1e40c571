"""Catalogues of what rooms declare, by name: whole when somebody looks, or not to be looked at.

A server puts them together as it begins (``leadflow.composition``). The command line has that done
when the first of them is looked at, for most commands look at none, and to load every room takes
longer than what they do. Either way nobody ever sees a part of what the rooms declare.
"""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import TypeVar

T = TypeVar("T")
_fill: list[Callable[[], None]] = []


class NotComposed(RuntimeError):
    """A catalogue was looked at before the rooms were put together: call ``compose`` as the process
    begins, or say with ``fill_when_needed`` that it is to be called."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The {what} were asked for before compose() has named the rooms.")


def fill_when_needed(fill: Callable[[], None]) -> None:
    """Call this once somebody looks at a catalogue that has not been put together."""
    _fill[:] = [fill]


class Catalogue(MutableMapping[str, T]):
    """What all rooms declare of one kind; ``what`` it is, in words.

    Raises:
        NotComposed: at each look, where nobody has put it together and nobody does.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._given: dict[str, T] | None = None

    def install(self, given: Mapping[str, T]) -> None:
        """Let these be all there are."""
        self._given = dict(given)

    def _whole(self) -> dict[str, T]:
        if self._given is None and _fill:
            _fill[0]()
        if self._given is None:
            raise NotComposed(self.what)
        return self._given

    def __getitem__(self, name: str) -> T:
        return self._whole()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def __setitem__(self, name: str, declared: T) -> None:
        self._whole()[name] = declared

    def __delitem__(self, name: str) -> None:
        del self._whole()[name]
