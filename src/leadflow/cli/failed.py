"""What went wrong in a command, in words for whoever typed it."""

import sys

from leadflow import refusals

OWN = ("leadflow", "models", "features", "expectations")
START = "Start the servers: leadflow up"


def in_words(error: Exception) -> str | None:
    """What to do about it; None for what is no mistake of whoever typed it, whose traceback is
    needed."""
    # Its modules are slow to import. Whoever has raised such an error has imported them.
    for module, explain in _BY_MODULE.items():
        if type(error).__module__.startswith(module) and module.split(".")[0] in sys.modules:
            return explain(error)
    if type(error).__module__.split(".")[0] in OWN:
        return str(error)
    if isinstance(error, OverflowError):
        return "A number is too large: it leads to a date that there is not."
    if isinstance(error, UnicodeEncodeError):
        return "What was typed holds bytes that are no text in UTF-8."
    if isinstance(error, UnicodeDecodeError):
        return "The file is no text in UTF-8. Save it as UTF-8 and try again."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}. {_about_path(error)}".rstrip()
    return None


def _about_path(error: OSError) -> str:
    from leadflow.settings import get_settings

    home = str(get_settings().home)
    if str(error.filename).startswith(home):
        return (
            f"Leadflow keeps its things in {home}: let it be yours to write, or set LEADFLOW_HOME "
            "to a folder that is."
        )
    return ""


def _of_pydantic(error: Exception) -> str | None:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return None
    lines = []
    for one in error.errors(include_url=False, include_input=False):
        place = [str(part) for part in one["loc"]]
        said = refusals.in_words(one)
        if error.title == "Settings":
            name = "_".join(place).upper().removeprefix("LEADFLOW_")
            lines.append(f"Setting LEADFLOW_{name}: {said}." if place else f"Settings: {said}.")
        else:
            lines.append(f"{'.'.join(place) or 'It'}: {said}.")
    if error.title == "Settings":
        lines.append("A setting is a variable of the environment, or a line of the file .env.")
    return "\n".join(lines)


def _of_database(error: Exception) -> str | None:
    import psycopg
    from sqlalchemy.exc import ArgumentError

    if isinstance(error, ArgumentError):
        return (
            "LEADFLOW_DATABASE_URL is no address of a database. Write "
            "postgresql://user:password@host/name, or unset it to use the embedded server."
        )
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, psycopg.errors.QueryCanceled):
        return "The database ended this because it took too long. Nothing was stored."
    if isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
        return "Others are changing the same. Nothing was stored; try again."
    if isinstance(cause, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn) or (
        isinstance(cause, psycopg.OperationalError) and "does not exist" in str(cause)
    ):
        return f"The database has not been set up, or not for this version. {START}"
    if isinstance(cause, psycopg.errors.DataError):
        return "A value cannot be stored: a number is too large, or a text too long or not text."
    if isinstance(cause, psycopg.OperationalError):
        why = str(cause).strip().splitlines()
        return f"The database does not answer: {why[-1] if why else 'no reason given'}\n{START}"
    return None


def _of_http(error: Exception) -> str | None:
    import httpx

    if not isinstance(error, httpx.TransportError):
        return None
    return f"A server does not answer. {START}. What is wrong with them: leadflow doctor"


def _of_yaml(error: Exception) -> str | None:
    import yaml

    return f"The file is no YAML: {error}" if isinstance(error, yaml.YAMLError) else None


_BY_MODULE = {
    "pydantic": _of_pydantic,
    "psycopg": _of_database,
    "sqlalchemy": _of_database,
    "httpx": _of_http,
    "yaml": _of_yaml,
}
