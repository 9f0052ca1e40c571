"""Who may call: a program with an API key."""

from typing import Annotated

from anyio import to_thread
from cachetools import TTLCache
from fastapi import Depends, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from leadflow.accounts.service import verify_key
from leadflow.database.engine import unit_of_work
from leadflow.gateway.problems import TITLES, Problem

# A key that was revoked is refused a second later at the latest.
REMEMBERED_SECONDS = 1.0
_remembered: TTLCache[str, str] = TTLCache(maxsize=1000, ttl=REMEMBERED_SECONDS)
header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key.")
bearer = HTTPBearer(auto_error=False, description="The same key as a bearer token.")


async def require_key(
    key: Annotated[str | None, Security(header)],
    token: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> str:
    """The name of the calling program.

    Raises:
        Problem: 401, no key or an unknown one.
    """
    given = key or (token.credentials if token else None)
    kind, title = TITLES[401]
    if not given:
        how = "Send it as X-API-Key, or as Authorization: Bearer. Make one: leadflow keys create"
        raise Problem(401, kind, title, how)
    name = _remembered.get(given)
    if name is None:
        name = await to_thread.run_sync(_look_up, given)
        if name is None:
            raise Problem(401, kind, title, "This API key is not known, or was revoked.")
        _remembered[given] = name
    return name


def _look_up(key: str) -> str | None:
    with unit_of_work() as session:
        known = verify_key(session, key)
        return None if known is None else known.name


def forget_keys() -> None:
    """Ask the store about every key anew."""
    _remembered.clear()


Caller = Annotated[str, Depends(require_key)]
