"""The secrets that messages to an endpoint are signed with."""

import base64
import secrets as random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from leadflow.endpoints.tables import Endpoint, EndpointSecret

OVERLAP = timedelta(days=1)
MOST_LIVE = 2


def new_secret(session: Session, endpoint: Endpoint, by: str, now: datetime) -> str:
    """Give it another secret, 256 random bits as Standard Webhooks writes them. The one before goes
    on signing for a day, any earlier one ends now. The caller holds the endpoint."""
    for number, row in enumerate(session.scalars(_live(endpoint.id, now)).all()):
        row.ends_at = now + OVERLAP if number == 0 else now
    secret = f"whsec_{base64.b64encode(random.token_bytes(32)).decode()}"
    session.add(
        EndpointSecret(endpoint_id=endpoint.id, secret=secret, created_at=now, created_by=by)
    )
    session.flush()
    return secret


def live_secrets(session: Session, endpoint_id: str, now: datetime) -> list[str]:
    """The secrets that sign now, newest first."""
    return [row.secret for row in session.scalars(_live(endpoint_id, now).limit(MOST_LIVE))]


def count_live(session: Session, endpoint_ids: Sequence[str], now: datetime) -> dict[str, int]:
    """How many secrets sign now, by endpoint."""
    these = select(EndpointSecret.endpoint_id).where(
        EndpointSecret.endpoint_id.in_(endpoint_ids),
        or_(EndpointSecret.ends_at.is_(None), EndpointSecret.ends_at > now),
    )
    found = list(session.scalars(these))
    return {one: min(MOST_LIVE, found.count(one)) for one in set(found)}


def _live(endpoint_id: str, now: datetime) -> Select[tuple[EndpointSecret]]:
    lasting = or_(EndpointSecret.ends_at.is_(None), EndpointSecret.ends_at > now)
    these = select(EndpointSecret).where(EndpointSecret.endpoint_id == endpoint_id, lasting)
    return these.order_by(EndpointSecret.created_at.desc(), EndpointSecret.id.desc())
