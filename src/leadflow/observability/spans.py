"""Spans of a trace: pieces of work with their time, where traces are kept.

Rooms say ``with span("…")`` whether or not they are: until ``tracing.start`` has set a maker, a
span is nothing, and OpenTelemetry is not imported.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

Attributes = dict[str, str | int | float | bool]
Maker = Callable[[str, Attributes | None], AbstractContextManager[Any]]
_maker: list[Maker] = []
_NOTHING: AbstractContextManager[None] = nullcontext()


def span(name: str, attributes: Attributes | None = None) -> AbstractContextManager[Any]:
    """The block is one piece of the trace. Names and attributes are ours: never of a person."""
    return _maker[0](name, attributes) if _maker else _NOTHING


def make_spans_with(maker: Maker) -> None:
    """From now on spans are made by this."""
    _maker[:] = [maker]
