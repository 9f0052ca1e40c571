"""How PostgreSQL plans the statements of a transaction."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_BY_INDEX = text("SET LOCAL random_page_cost = 1.1")


def by_index(session: Session) -> None:
    """Have rows found by an index where one leads to them, until the transaction ends. By its own
    reckoning PostgreSQL would rather read each row there is, as if they lay on turning disks, until
    a hundred thousand of them are wanted."""
    session.execute(_BY_INDEX)
