"""Queries as spans of a trace: what was asked, never with what values."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from psycopg import Cursor
from psycopg.sql import Composable

from leadflow.observability.spans import Attributes, span

# Words between quotes and figures may be values that were written into the statement.
LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w$])\d+(?:\.\d+)?(?!\w)")
VERB = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|COPY|SET|LISTEN|LOCK|TRUNCATE)\b", re.IGNORECASE)
TABLE = re.compile(r"\b(?:INTO|UPDATE|FROM|COPY|JOIN)\s+(?:ONLY\s+)?\"?([a-z_]\w*)", re.IGNORECASE)
LONGEST = 2000


class TracedCursor(Cursor[Any]):
    """A cursor whose statements are spans. Used where traces are kept, for all that goes through
    the driver: SQLAlchemy's statements, those written by hand, COPY."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> "TracedCursor":
        """As ``Cursor.execute``."""
        name, attributes = _said(query, self)
        with span(name, "query", attributes):
            super().execute(query, params, **more)
        return self

    def executemany(self, query: Any, params_seq: Any, **more: Any) -> None:
        """As ``Cursor.executemany``."""
        name, attributes = _said(query, self)
        with span(name, "query", attributes):
            super().executemany(query, params_seq, **more)

    @contextmanager
    def copy(self, statement: Any, params: Any = None, **more: Any) -> Iterator[Any]:
        """As ``Cursor.copy``."""
        name, attributes = _said(statement, self)
        with span(name, "query", attributes), super().copy(statement, params, **more) as copy:
            yield copy


def _said(query: Any, cursor: Cursor[Any]) -> tuple[str, Attributes]:
    if isinstance(query, Composable):
        query = query.as_string(cursor)
    return summary(query.decode() if isinstance(query, bytes) else str(query))


@lru_cache(maxsize=1000)
def summary(statement: str) -> tuple[str, Attributes]:
    """A span's name, such as ``INSERT leads``, and its attributes, for a statement."""
    verb, table = _verb(statement), TABLE.search(statement)
    name = f"{verb} {table[1]}" if table else verb
    said = {
        "db.system.name": "postgresql",
        "db.operation.name": verb,
        "db.query.text": LITERAL.sub("?", statement)[:LONGEST],
    }
    return name, said | ({"db.collection.name": table[1]} if table else {})


def _verb(statement: str) -> str:
    """What a statement does; one that begins with WITH does what writes, if anything does."""
    found = [verb.upper() for verb in VERB.findall(statement)]
    if statement.lstrip()[:4].upper() == "WITH":
        found = [verb for verb in found if verb != "SELECT"] or found
    return found[0] if found else "query"
