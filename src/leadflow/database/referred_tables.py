"""Tables that those of other rooms refer to: known before something is written.

To write, SQLAlchemy sorts tables by what they refer to, and fails where it does not know one. A
process may have loaded only the rooms that it needs, and a room does not load those after it.
"""

from importlib import import_module
from typing import Any

from sqlalchemy.orm import Session

from leadflow.database.base import Base

MODULES = {
    "approvals": "leadflow.approvals.tables",
    "assignments": "leadflow.assignment.tables",
    "campaign_messages": "leadflow.campaigns.tables",
    "campaign_versions": "leadflow.campaigns.tables",
    "campaigns": "leadflow.campaigns.tables",
    "enrolments": "leadflow.campaigns.tables",
    "inbox": "leadflow.database.tables",
    "leads": "leadflow.leads.tables",
    "people": "leadflow.accounts.tables",
    "reps": "leadflow.assignment.tables",
}
_known: set[type] = set()


def know_referred(session: Session, *_: Any) -> None:
    """Before these rows are written: load the tables that theirs refer to. Rows of others, such as
    MLflow's in this process, are theirs to know."""
    for kind in {type(row) for row in (*session.new, *session.dirty, *session.deleted)} - _known:
        if issubclass(kind, Base):
            know_of(kind)
        _known.add(kind)


def know_of(kind: Any) -> None:
    """Load the tables that the table of these rows refers to."""
    for key in kind.__table__.foreign_keys:
        name = key.target_fullname.partition(".")[0]
        if name not in Base.metadata.tables:
            import_module(MODULES[name])
