"""What a set of features is made by, as one hash: their SQL, with all that it names."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import DateTime, literal_column, select

from features.carrying import aggregated_query
from features.definition import Definition
from features.event_types import EventTypes
from features.store import leads
from leadflow.database.copying import DIALECT


def definitions_sha256(types: EventTypes, custom: Sequence[Definition]) -> str:
    """The same for the same features, types of events and ways of counting them; another where any
    of it has changed."""
    moments: Any = select(
        leads.c.id.label("lead_id"),
        literal_column("now()", DateTime(timezone=True)).label("as_of"),
    )
    compiled = aggregated_query(moments, types, custom).compile(dialect=DIALECT)
    said = [str(compiled)]
    said += [f"{name}={_plain(value)}" for name, value in sorted(compiled.params.items())]
    return sha256("\n".join(said).encode()).hexdigest()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else repr(value)
