"""How often somebody has come in the present window, counted for all processes together."""

from datetime import datetime

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from leadflow.accounts.tables import RateWindow
from leadflow.privacy.cipher_in_use import get_cipher

LEASE = text(
    "INSERT INTO rate_windows AS known (name, hits, ends_at) "
    "VALUES (:name, :hits, now() + make_interval(secs => :seconds)) "
    "ON CONFLICT (name) DO UPDATE SET "
    "hits = excluded.hits + CASE WHEN known.ends_at > now() THEN known.hits ELSE 0 END, "
    "ends_at = CASE WHEN known.ends_at > now() THEN known.ends_at ELSE excluded.ends_at END "
    "RETURNING hits, EXTRACT(EPOCH FROM ends_at - now())::float"
)


def lease(session: Session, name: str, hits: int, seconds: int) -> tuple[int, float]:
    """Count so many more, before they come: how many that are with those of all processes in this
    window, which begins with the first and lasts ``seconds``; and how many of them are left."""
    # An address is somebody's: it can be told again, and not be read.
    hidden = get_cipher().blind_index(name, "rate_windows")
    row = session.execute(LEASE, {"name": hidden, "hits": hits, "seconds": seconds}).one()
    return int(row.hits), float(row[1])


def forget_windows(session: Session, now: datetime) -> int:
    """Delete windows that have ended; how many that were."""
    result = session.execute(delete(RateWindow).where(RateWindow.ends_at < now))
    return int(result.rowcount)  # type: ignore[attr-defined]
