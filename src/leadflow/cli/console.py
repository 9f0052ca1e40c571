"""The console every command prints to, and how whoever types wants it: for people, for programs,
or with every column at any width.

``--json`` and ``--wide`` may be said with any command, wherever in it. A command prints its tables
and says by ``told`` what programs want to know, whichever is asked for.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
JSON, WIDE = "--json", "--wide"


@dataclass
class Output:
    """What was asked for, and what is printed as JSON at the end: tables as people see them, and
    facts by the names that the API has for them."""

    json: bool = False
    wide: bool = False
    tables: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


OUTPUT = Output()


def asked_for(words: list[str]) -> list[str]:
    """Keep what is asked for; the words without it. What stands behind ``--`` is left alone."""
    end = words.index("--") if "--" in words else len(words)
    OUTPUT.json, OUTPUT.wide = JSON in words[:end], WIDE in words[:end]
    OUTPUT.tables, OUTPUT.facts = [], {}
    # Words for people do not stand among those for programs.
    console.stderr = OUTPUT.json
    return [word for word in words[:end] if word not in (JSON, WIDE)] + words[end:]


def told(**facts: Any) -> None:
    """Say for programs what was done or found: ids, numbers and moments by the names that the API
    has for them. Objects are told by their fields."""
    OUTPUT.facts.update(facts)


def fields_of(row: object, names: str) -> dict[str, Any]:
    """These of its fields, by their names, which stand in a row with blanks between them."""
    return {name: getattr(row, name) for name in names.split()}


def print_text(text: str) -> None:
    """Print a text that is to go into a file: as it is, not through the console, which breaks long
    lines. Programs get it by what is ``told``."""
    if not OUTPUT.json:
        sys.stdout.write(text)


def print_document() -> None:
    """Print what was told, and the tables, as one JSON document."""
    from pydantic_core import to_json

    document = {**OUTPUT.facts, "tables": OUTPUT.tables}
    sys.stdout.write(to_json(document, indent=1).decode() + "\n")


def print_problem(
    kind: str, title: str, detail: str, errors: Sequence[dict[str, str]] = ()
) -> None:
    """Print what went wrong as a problem document; ``errors``: each place that is wrong."""
    said: dict[str, Any] = {"type": f"/problems/{kind}", "title": title, "detail": detail}
    if errors:
        said["errors"] = errors
    sys.stderr.write(json.dumps(said, ensure_ascii=False) + "\n")


@contextmanager
def working(words: str) -> Iterator[None]:
    """Show that something is going on: a moving sign at a terminal, a line where there is none."""
    if console.is_terminal:
        with console.status(f"{words} …"):
            yield
    else:
        console.print(f"[dim]{words} …[/dim]")
        yield


def aside(words: str) -> None:
    """One line of how far something is."""
    console.print(f"  {words}", style="dim", markup=False)
