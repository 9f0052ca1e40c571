"""The parser of the commands, made once: that takes longer than reading a line with it."""

from functools import cache
from typing import Any

import typer


@cache
def parser() -> Any:
    """What every command is found in."""
    from leadflow.cli.main import app

    return typer.main.get_command(app)
