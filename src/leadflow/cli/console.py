"""The console every command prints to, and how whoever types wants it: for people, for programs,
or with every column at any width.

``--json`` and ``--wide`` may be said with any command, wherever in it; what they do is done where
tables are printed, so that no command knows of them.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
JSON, WIDE = "--json", "--wide"


@dataclass
class Output:
    """What was asked for, and the tables that are printed as JSON at the end."""

    json: bool = False
    wide: bool = False
    tables: list[dict[str, Any]] = field(default_factory=list)


OUTPUT = Output()


def asked_for(words: list[str]) -> list[str]:
    """Keep what is asked for; the words without it. What stands behind ``--`` is left alone."""
    end = words.index("--") if "--" in words else len(words)
    OUTPUT.json, OUTPUT.wide = JSON in words[:end], WIDE in words[:end]
    OUTPUT.tables = []
    # Words for people do not stand among those for programs.
    console.stderr = OUTPUT.json
    return [word for word in words[:end] if word not in (JSON, WIDE)] + words[end:]


@contextmanager
def printed() -> Iterator[None]:
    """Print the tables as one JSON document once the command has ended well."""
    try:
        yield
    except SystemExit as end:
        if not end.code:
            _print()
        raise
    _print()


def _print() -> None:
    if OUTPUT.json:
        sys.stdout.write(json.dumps({"tables": OUTPUT.tables}, ensure_ascii=False, indent=1) + "\n")


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
