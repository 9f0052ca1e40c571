"""How many statements the application sends to the store."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from leadflow.database.engine import get_engine


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    said: list[str] = []

    def note(*words: object) -> None:
        said.append(str(words[2]))

    event.listen(get_engine(), "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(get_engine(), "before_cursor_execute", note)
