"""What the database says of a request, as problems: it is away, ended it, or refuses a value."""

import logging
import time

import psycopg
from fastapi import Request
from fastapi.responses import JSONResponse
from psycopg import errors
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from leadflow.gateway.http.problem import TITLES, problem

logger = logging.getLogger(__name__)
# How often a traceback is written while the database is away; and when one was.
EVERY_SECONDS = 10.0
_said: dict[str, float] = {}
AGAIN = "Nothing was stored. Send it again."
# How PostgreSQL ends a request that it could have carried out; its transaction is undone.
ENDED: dict[type[Exception], tuple[int, str, str, str]] = {
    errors.QueryCanceled: (
        503,
        "took-too-long",
        "This took too long",
        "Nothing was stored. Ask for less at a time, or send it again when less is going on.",
    ),
    **dict.fromkeys(
        (errors.LockNotAvailable, errors.DeadlockDetected),
        (503, "locked-by-others", "Others are changing the same", AGAIN),
    ),
    # Below: what nothing before the database has noticed. Each is a mistake of ours that is logged
    # with its traceback, and nothing that the caller cannot mend.
    errors.UniqueViolation: (
        409,
        "taken-meanwhile",
        "Somebody else was quicker",
        "Nothing was stored: the same has been stored meanwhile. Look, then send it again.",
    ),
    errors.ForeignKeyViolation: (
        404,
        "names-nothing",
        "It names something that is not there",
        "Nothing was stored: one of the ids names nothing, or nothing any more.",
    ),
    **dict.fromkeys(
        (
            errors.DataError,
            errors.CheckViolation,
            errors.NotNullViolation,
            errors.ProgramLimitExceeded,
        ),
        (
            422,
            "value-refused",
            "A value cannot be stored",
            "Nothing was stored: a number is too large, a text too long or not text.",
        ),
    ),
}


def of_database(request: Request, error: Exception) -> JSONResponse:
    """What became of the request in the database. An error that is nobody's value is passed on."""
    cause = getattr(error, "orig", None) or error
    for kind, (status, name, title, detail) in ENDED.items():
        if isinstance(cause, kind):
            say = logger.warning if status == 503 else logger.error
            say("the database ended a request", exc_info=error)
            return problem(status, name, title, detail)
    if isinstance(cause, UnicodeError | ValueError):
        # The driver takes no NUL character and no half of one.
        logger.error("a text cannot be sent to the database", exc_info=error)
        return problem(422, *ENDED[psycopg.DataError][1:])
    if not isinstance(error, OperationalError | psycopg.OperationalError):
        raise error
    _say_away(error)
    return problem(503, "database-unavailable", TITLES[503][1], "The database does not answer.")


def _say_away(error: Exception) -> None:
    """Each request that finds it away is a line; where, is said now and then: thousands of
    requests a minute find the same."""
    now = time.monotonic()
    anew = now - _said.get("away", -EVERY_SECONDS) >= EVERY_SECONDS
    if anew:
        _said["away"] = now
    logger.error("the database does not answer", exc_info=error if anew else None)


HANDLED = (DBAPIError, StatementError, psycopg.Error)
