"""Who may call: a program with an API key."""

from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from leadflow.accounts.service import verify_key
from leadflow.database.engine import unit_of_work
from leadflow.gateway.problems import TITLES, Problem

header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key.")
bearer = HTTPBearer(auto_error=False, description="The same key as a bearer token.")


def require_key(
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
    with unit_of_work() as session:
        known = verify_key(session, given)
        if known is None:
            raise Problem(401, kind, title, "This API key is not known, or was revoked.")
        return known.name


Caller = Annotated[str, Depends(require_key)]
