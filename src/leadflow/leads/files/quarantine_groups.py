"""What waits to be mended, by reason: how many rows there are of each, and of which files."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

# A row with two reasons is one of each, so the groups may add up to more rows than wait.
GROUPS = text(
    "SELECT reason ->> 'field', reason ->> 'rule', count(DISTINCT row.id),"
    " array_agg(DISTINCT inbox.result ->> 'file') FILTER (WHERE inbox.result ? 'file'),"
    " (array_agg(row.id ORDER BY inbox.received_at, row.row_number))[1]"
    " FROM quarantined_rows row JOIN inbox ON inbox.id = row.inbox_id"
    " CROSS JOIN jsonb_array_elements(row.reasons) reason"
    " WHERE row.status = 'waiting' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
)
WAITING = text("SELECT count(*) FROM quarantined_rows WHERE status = 'waiting'")


@dataclass(frozen=True)
class Group:
    """Rows that wait for one reason; ``first`` is the id of the first of them."""

    field: str
    rule: str
    rows: int
    files: list[str]
    first: str


def waiting_by_reason(session: Session) -> list[Group]:
    """The reasons why rows wait, the one with most rows first."""
    return [
        Group(field, rule, rows, files or [], first)
        for field, rule, rows, files, first in session.execute(GROUPS)
    ]


def rows_waiting(session: Session) -> int:
    """How many rows wait."""
    return int(session.execute(WAITING).scalar_one())
