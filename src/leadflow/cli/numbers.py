"""Numbers as they are typed: what is none to reckon with is refused before anything is done."""

import math

import typer


def finite(value: float | None) -> float | None:
    """The number, which may be left out. The words ``nan`` and ``inf`` are read as numbers too, and
    stand for no length of time.

    Raises:
        typer.BadParameter: it is one of these.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter("Write a number.")
    return value
