"""Reading features out of the store, as frames that models take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from psycopg import RawCursor
from psycopg.rows import dict_row
from sqlalchemy import (
    BigInteger,
    DateTime,
    Double,
    Select,
    Text,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from features import attributes
from features import recency_and_frequency as events
from features.builder import feature_query
from features.definition import Definition
from features.definitions import DEFINITIONS
from features.event_types import EventTypes
from features.feature import Feature, FeatureKind
from features.recorded import NOT_RECORDED
from features.store import leads
from features.training_moments import labels, training_moments
from leadflow.database.copying import DIALECT, driver_connection
from leadflow.leads.events.types import known_types, read_types, revision_now
from leadflow.leads.tables import AttributeDefinition

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from models.scores import Scorer


NOT_KNOWN = cast(literal_column("'NaN'"), Double)


MOST_STATEMENTS = 32
REVISION = "event_types_revision"
_statements: dict[tuple[EventTypes, tuple[Feature, ...]], bytes] = {}


@dataclass(frozen=True)
class TrainingSet:
    """What a model learns from: features as of a moment, and what came of it.

    ``frame``: one row a lead, indexed by lead id. ``converted``: 0 or 1, within the horizon.
    ``moments``: datetime64. ``ever``: 0 or 1, converted at any time, for the search for leaks.
    """

    features: tuple[Feature, ...]
    frame: "pd.DataFrame"
    converted: "np.ndarray"
    moments: "np.ndarray"
    ever: "np.ndarray"


def custom_definitions(session: Session) -> tuple[Definition, ...]:
    """The features made of the attributes that imports have registered and of the types of events
    that a company declared."""
    types = read_types(session).types
    return _of_attributes(session) + events.event_definitions(t for t in types if t.has_features)


def _of_attributes(session: Session) -> tuple[Definition, ...]:
    columns = AttributeDefinition
    rows = session.execute(
        select(
            columns.name,
            columns.label,
            columns.kind,
            columns.dimension,
            columns.use,
            columns.direction,
        ).order_by(columns.name)
    )
    return attributes.attribute_definitions([dict(row) for row in rows.mappings()])


def _of_events(session: Session, wanted: set[str]) -> tuple[Definition, ...]:
    """By the types this process knows; where it lacks one, as they are stored."""
    found: tuple[Definition, ...] = ()
    for read in (known_types, read_types):
        definitions = events.event_definitions(read(session).types)
        found = tuple(item for item in definitions if item.feature.name in wanted)
        if len(found) == len(wanted):
            break
    return found


def dropped_features(session: Session) -> frozenset[str]:
    """The features of attributes that were dropped: models that know them still see them."""
    gone = select(AttributeDefinition.name).where(AttributeDefinition.dropped_at.is_not(None))
    return frozenset(attributes.PREFIX + name for name in session.scalars(gone))


def all_features(custom: tuple[Definition, ...]) -> tuple[Feature, ...]:
    """Every feature, the built-in ones first."""
    return tuple(definition.feature for definition in (*DEFINITIONS, *custom))


def definitions_of(session: Session, *scorers: "Scorer | None") -> tuple[Definition, ...]:
    """The custom features that scorers look at; they score without any other."""
    looked_at = {f.name for scorer in scorers if scorer is not None for f in scorer.features}
    of_attributes = {name for name in looked_at if name.startswith(attributes.PREFIX)}
    of_events = {name for name in looked_at if name.startswith(events.PREFIX)}
    found: tuple[Definition, ...] = ()
    if of_attributes:
        known = _of_attributes(session)
        found += tuple(item for item in known if item.feature.name in of_attributes)
    return found + _of_events(session, of_events) if of_events else found


def read_one(
    session: Session, lead_id: str, as_of: datetime, custom: tuple[Definition, ...]
) -> dict[str, Any] | None:
    """One lead's features at one moment, by name; None where it was not known then."""
    return read_rows(session, [lead_id], as_of, custom).get(lead_id)


def read_rows(
    session: Session, lead_ids: Sequence[str], as_of: datetime, custom: tuple[Definition, ...]
) -> dict[str, dict[str, Any]]:
    """The features of up to a few thousand leads at one moment, by lead id and feature; a lead that
    was not known then is absent."""
    types = known_types(session)
    found = _read_rows(session, lead_ids, as_of, custom, types)
    if found and found[0][REVISION] != types.revision:
        # Somebody has declared a type since this process read them.
        found = _read_rows(session, lead_ids, as_of, custom, read_types(session))
    for row in found:
        del row[REVISION]
    return {row["lead_id"]: row for row in found}


def _read_rows(
    session: Session,
    lead_ids: Sequence[str],
    as_of: datetime,
    custom: tuple[Definition, ...],
    types: EventTypes,
) -> list[dict[str, Any]]:
    # Past SQLAlchemy, because this is done for every lead that comes in: the statement is written
    # once, and PostgreSQL plans it once a connection.
    with RawCursor(driver_connection(session), row_factory=dict_row) as cursor:
        return cursor.execute(_these_leads(types, custom), [list(lead_ids), as_of]).fetchall()


def _these_leads(types: EventTypes, custom: tuple[Definition, ...]) -> bytes:
    """The statement for the leads ``$1`` at the moment ``$2``, written once for the same types and
    custom features."""
    key = types, tuple(definition.feature for definition in custom)
    if key not in _statements:
        if len(_statements) >= MOST_STATEMENTS:
            _statements.clear()
        _statements[key] = _statement(types, custom)
    return _statements[key]


def _statement(types: EventTypes, custom: tuple[Definition, ...]) -> bytes:
    # Unnested out of the planner's sight: of a list it can see it makes a new plan each time, which
    # takes longer than reading the features.
    given = literal_column("ANY (ARRAY(SELECT unnest($1::text[])))", Text)
    these = select(
        leads.c.id.label("lead_id"),
        literal_column("$2::timestamptz", DateTime(timezone=True)).label("as_of"),
    ).where(leads.c.id == given)
    revision = literal_column(revision_now(), BigInteger).label(REVISION)
    compiled = (
        feature_query(these, types, custom)
        .add_columns(revision)
        .compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
    )
    # The dialect doubles percent signs for a driver that looks for placeholders in them.
    return str(compiled).replace("%%", "%").encode()


def _compiled(query: "Select[Any]") -> tuple[str, dict[str, Any]]:
    compiled = query.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    return str(compiled), dict(compiled.params)


def _nothing(names: list[str]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(columns=names, index=pd.Index([], name="lead_id"))


def read_features(
    session: Session, moments: "Select[tuple[str, datetime]]", custom: tuple[Definition, ...]
) -> "pd.DataFrame":
    """The features of these leads at these moments, one row a lead, indexed by lead id, and
    ``not_recorded``, which the rubric goes by.

    They travel as one row of arrays, which costs a fraction of fetching them row by row.
    """
    import pandas as pd

    features = [definition.feature for definition in (*DEFINITIONS, *custom)] + [NOT_RECORDED]
    query = feature_query(moments, read_types(session), custom)
    statement, parameters = _compiled(_as_arrays(query, features))
    with driver_connection(session).cursor(binary=True) as cursor:
        row = cursor.execute(statement, parameters).fetchone()
    if row is None or row[0] is None:
        return _nothing([feature.name for feature in features])
    ids, *values = row
    columns = {
        feature.name: _column(feature, found)
        for feature, found in zip(features, values, strict=True)
    }
    index = pd.Index(ids, name="lead_id")
    return pd.DataFrame(columns, index=index)


def _as_arrays(query: "Select[Any]", features: list[Feature]) -> "Select[Any]":
    """One row: the ids and each category as JSON, each number as an array, NaN where missing."""
    rows = query.subquery("features")
    return select(
        func.json_agg(rows.c.lead_id),
        *(
            func.json_agg(rows.c[feature.name])
            if feature.kind is FeatureKind.CATEGORICAL
            else func.array_agg(func.coalesce(rows.c[feature.name], NOT_KNOWN))
            for feature in features
        ),
    )


def _column(feature: Feature, values: list[Any]) -> Any:
    import numpy as np
    import pandas as pd

    if feature.kind is FeatureKind.CATEGORICAL:
        return pd.Categorical(values)
    return np.array(values, dtype=np.float64)


def read_training_set(session: Session, now: datetime, horizon: timedelta) -> TrainingSet:
    """Features and outcomes of every lead whose horizon has passed, in order of their moments. An
    attribute that was dropped is in the frame, for models that know it, and not to be learned
    from."""
    import numpy as np
    import pandas as pd

    custom, dropped = custom_definitions(session), dropped_features(session)
    moments = training_moments(now, horizon)
    frame = read_features(session, moments, custom)
    answers = pd.DataFrame(
        session.execute(labels(moments, horizon)).fetchall(),
        columns=["lead_id", "as_of", "converted", "ever"],
    ).set_index("lead_id")
    order = answers.loc[frame.index].sort_values(["as_of"], kind="stable").index
    answers, frame = answers.loc[order], frame.loc[order]
    moments_utc = pd.to_datetime(answers["as_of"], utc=True).dt.tz_localize(None)
    return TrainingSet(
        features=tuple(one for one in all_features(custom) if one.name not in dropped),
        frame=frame,
        converted=answers["converted"].to_numpy(dtype=np.int64),
        moments=moments_utc.to_numpy(dtype="datetime64[us]"),
        ever=answers["ever"].to_numpy(dtype=np.int64),
    )
