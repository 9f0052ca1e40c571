"""The console every command prints to."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


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
