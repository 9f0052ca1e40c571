"""Changing what is known of leads for all times: no version of their past is made of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

SWITCH = text("SELECT set_config('leadflow.in_all_times', :state, true)")


@contextmanager
def in_all_times(session: Session) -> Iterator[None]:
    """Within the block, changed leads keep the moment they have been known so from. For what is
    taken back: had it never been said, the past would be without it too."""
    session.flush()
    session.execute(SWITCH, {"state": "on"})
    yield
    session.flush()
    session.execute(SWITCH, {"state": "off"})
