"""The trace context of the work at hand, as W3C Trace Context writes it.

A caller who sends ``traceparent`` finds its trace id in every line of the log, whether or not
traces are kept anywhere. Where they are (``tracing``), the trace is that of the span being
worked on.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_given: ContextVar[str | None] = ContextVar("leadflow_traceparent", default=None)
# Set by ``tracing`` where traces are kept: the traceparent of the span being worked on.
_of_span: list[Callable[[], str | None]] = []


def traceparent() -> str | None:
    """What a call to another server, or a row for later, says so that it joins this trace."""
    for current in _of_span:
        found = current()
        if found is not None:
            return found
    return _given.get()


def given() -> str | None:
    """The traceparent that this work was begun with, by a caller or by a row."""
    return _given.get()


def trace_id() -> str | None:
    """The 32 hexadecimal digits that name the trace."""
    found = traceparent()
    return None if found is None else found[3:35]


def valid(said: str | None) -> str | None:
    """A traceparent as it was said; None where it is none."""
    return said if said is not None and TRACEPARENT.fullmatch(said) else None


@contextmanager
def within(said: str | None) -> Iterator[None]:
    """What is done in the block belongs to the trace of this traceparent."""
    token = _given.set(valid(said))
    try:
        yield
    finally:
        _given.reset(token)


def let_spans_say(current: Callable[[], str | None]) -> None:
    """From now on ask this for the span being worked on."""
    _of_span[:] = [current]
