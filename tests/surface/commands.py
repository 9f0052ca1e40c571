"""Every command of the command line, with what it takes."""

from collections.abc import Iterator
from typing import Any, get_type_hints

import typer

from leadflow.cli.main import app
from tests.surface.lines import lines, type_name


def commands() -> str:
    """Each command on a line of its own, then its arguments and options, one a line."""
    return lines(_of("leadflow", typer.main.get_command(app)))


def _of(name: str, command: Any) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    if not inner or getattr(command, "invoke_without_command", False):
        types = get_type_hints(command.callback)
        yield name
        yield from (f"    {_said(taken, types[taken.name])}" for taken in command.params)
    for word in sorted(inner):
        yield from _of(f"{name} {word}", inner[word])


def _said(taken: Any, kind: Any) -> str:
    option = taken.param_type_name == "option"
    words = [", ".join([*taken.opts, *taken.secondary_opts]) if option else taken.name.upper()]
    if kind is not bool:
        words.append(type_name(kind))
    if taken.required:
        words.append("required")
    elif taken.default not in (None, False, "", (), []) and not callable(taken.default):
        words.append(f"= {getattr(taken.default, 'value', taken.default)}")
    return " ".join(words)
