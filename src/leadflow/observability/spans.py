"""Spans of a trace: pieces of work with their time, where traces are kept.

Rooms say ``with span("…")`` whether or not they are: until ``tracing.start`` has set a maker, a
span is nothing, and OpenTelemetry is not imported.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

Attributes = Mapping[str, str | int | float | bool]
Kind = Literal["request", "query", "call", "act", "step"]


class Span(Protocol):
    """What can be said of a piece of work while it goes on."""

    def update_name(self, name: str) -> None:
        """Call it otherwise."""

    def set_attribute(self, key: str, value: str | int | float | bool) -> None:
        """Say something of it: a word or figure of ours, never of a person."""


class Nothing:
    """A span where none is kept."""

    def update_name(self, name: str) -> None:
        """Nothing."""

    def set_attribute(self, key: str, value: str | int | float | bool) -> None:
        """Nothing."""


Maker = Callable[[str, Kind, Attributes, Sequence[str]], AbstractContextManager[Span]]
_maker: list[Maker] = []
_flush: list[Callable[[], object]] = []
_NOTHING: AbstractContextManager[Span] = nullcontext(Nothing())
_NONE: Attributes = {}


def span(
    name: str,
    kind: Kind = "step",
    attributes: Attributes = _NONE,
    links: Sequence[str] = (),
) -> AbstractContextManager[Span]:
    """The block is one piece of its trace. A request or an act begins a trace where there is none
    yet; queries, calls and steps are only kept within one. ``links``: traceparents of what else
    it was done for."""
    return _maker[0](name, kind, attributes, links) if _maker else _NOTHING


def kept() -> bool:
    """Whether traces are kept in this process."""
    return bool(_maker)


def flush() -> None:
    """Send the spans that have not been sent yet."""
    for send in _flush:
        send()


def make_spans_with(maker: Maker, flush: Callable[[], object]) -> None:
    """From now on spans are made by this, and sent at once by ``flush``."""
    _maker[:], _flush[:] = [maker], [flush]
