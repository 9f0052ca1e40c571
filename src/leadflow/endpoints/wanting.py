"""Types of domain events that endpoints want to be told of: only what somebody wants is written."""

from sqlalchemy.orm import Session

from leadflow.domain_events.service import want_only
from leadflow.endpoints.tables import Endpoint


def want(session: Session, endpoint: Endpoint) -> None:
    """Have what an endpoint wants written from now on; where it is told nothing, nothing is written
    for it."""
    told = endpoint.types if endpoint.status == "enabled" else ()
    want_only(session, f"endpoint:{endpoint.id}", told)
