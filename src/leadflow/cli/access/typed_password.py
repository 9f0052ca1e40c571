"""Asking for a password at the terminal."""

import sys

import typer


class NothingTyped(RuntimeError):
    """A password is asked for, and there is nobody to type one."""


def ask(what: str, twice: bool = False) -> str:
    """What is typed, unseen; ``twice`` has it typed again. Without a terminal, the next line of
    what is piped in.

    Raises:
        NothingTyped: there is no terminal, and nothing was piped in.
    """
    unseen = sys.stdin.isatty()
    try:
        said: str = typer.prompt(what, hide_input=unseen, confirmation_prompt=twice)
    except typer.Abort as error:
        if unseen:
            raise
        raise NothingTyped(
            "\nThere is no terminal to type a password at. Run this in one, or pipe the "
            "password in."
        ) from error
    return said
