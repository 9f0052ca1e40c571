"""Reading features out of the store, as frames that models take."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from psycopg import RawCursor
from psycopg.rows import dict_row
from sqlalchemy import DateTime, Select, Text, literal_column, select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session

from features.attributes import PREFIX, attribute_definitions
from features.builder import feature_query
from features.definitions import DEFINITIONS, Definition
from features.feature import Feature, Kind
from features.store import leads
from features.training_moments import labels, training_moments
from leadflow.database.copying import driver_connection
from leadflow.leads.tables import AttributeDefinition

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from models.scores import Scorer


DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class TrainingSet:
    """What a model learns from: features as of a moment, and what came of it.

    ``frame``: one row a lead, indexed by lead id. ``converted``: 0 or 1. ``moments``: datetime64.
    """

    features: tuple[Feature, ...]
    frame: "pd.DataFrame"
    converted: "np.ndarray"
    moments: "np.ndarray"


def custom_definitions(session: Session) -> tuple[Definition, ...]:
    """The features made of the attributes that imports have registered."""
    columns = AttributeDefinition
    rows = session.execute(
        select(columns.name, columns.label, columns.kind, columns.dimension, columns.use).order_by(
            columns.name
        )
    )
    return attribute_definitions([dict(row) for row in rows.mappings()])


def all_features(custom: tuple[Definition, ...]) -> tuple[Feature, ...]:
    """Every feature, the built-in ones first."""
    return tuple(definition.feature for definition in (*DEFINITIONS, *custom))


def definitions_of(session: Session, *scorers: "Scorer | None") -> tuple[Definition, ...]:
    """The custom attributes that scorers look at; they score without any other."""
    looked_at = {f.name for scorer in scorers if scorer is not None for f in scorer.features}
    wanted = {name for name in looked_at if name.startswith(PREFIX)}
    if not wanted:
        return ()
    return tuple(item for item in custom_definitions(session) if item.feature.name in wanted)


def read_one(
    session: Session, lead_id: str, as_of: datetime, custom: tuple[Definition, ...]
) -> dict[str, Any] | None:
    """One lead's features at one moment, by name; None where it was not known then."""
    # Past SQLAlchemy, because this is done for every lead that comes in: the statement is put into
    # words once, and PostgreSQL plans it once a connection.
    with RawCursor(driver_connection(session), row_factory=dict_row) as cursor:
        found: dict[str, Any] | None = cursor.execute(
            _one_lead(custom), [lead_id, as_of]
        ).fetchone()
    return found


@lru_cache(maxsize=16)
def _one_lead(custom: tuple[Definition, ...]) -> bytes:
    """The same features for the lead ``$1`` at the moment ``$2``."""
    of_one = select(
        leads.c.id.label("lead_id"),
        literal_column("$2::timestamptz", DateTime(timezone=True)).label("as_of"),
    ).where(leads.c.id == literal_column("$1", Text))
    compiled = feature_query(of_one, custom).compile(
        dialect=DIALECT, compile_kwargs={"literal_binds": True}
    )
    # The dialect doubles percent signs for a driver that looks for placeholders in them.
    return str(compiled).replace("%%", "%").encode()


def _compiled(query: "Select[Any]") -> tuple[str, dict[str, Any]]:
    compiled = query.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    return str(compiled), dict(compiled.params)


def _arrow_type(feature: Feature) -> Any:
    """Categories as a dictionary, so that each word is kept once; all else as numbers."""
    from pyarrow import dictionary, float64, int32, string

    return dictionary(int32(), string()) if feature.kind is Kind.CATEGORICAL else float64()


def _nothing(names: list[str]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(columns=names, index=pd.Index([], name="lead_id"))


def read_features(
    session: Session, moments: "Select[tuple[str, datetime]]", custom: tuple[Definition, ...]
) -> "pd.DataFrame":
    """The features of these leads at these moments, one row a lead, indexed by lead id.

    They travel as one COPY, which costs a fraction of fetching them row by row.
    """
    from io import BytesIO

    from pyarrow import csv, string

    columns = [definition.feature for definition in (*DEFINITIONS, *custom)]
    statement, parameters = _compiled(feature_query(moments, custom))
    content = BytesIO()
    with (
        driver_connection(session)
        .cursor()
        .copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)", parameters) as copy
    ):
        for block in copy:
            content.write(block)
    content.seek(0)
    if not content.getbuffer().nbytes:
        return _nothing([feature.name for feature in columns])
    types = {feature.name: _arrow_type(feature) for feature in columns}
    table = csv.read_csv(
        content,
        csv.ReadOptions(column_names=["lead_id", "as_of", *types], use_threads=False),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types={"lead_id": string(), "as_of": string(), **types},
            include_columns=["lead_id", *types],
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    frame: pd.DataFrame = table.to_pandas().set_index("lead_id")
    return frame


def read_training_set(session: Session, now: datetime, horizon: timedelta) -> TrainingSet:
    """Features and outcomes of every lead whose horizon has passed, in order of their moments."""
    import numpy as np
    import pandas as pd

    custom = custom_definitions(session)
    moments = training_moments(now, horizon)
    frame = read_features(session, moments, custom)
    answers = pd.DataFrame(
        session.execute(labels(moments, horizon)).fetchall(),
        columns=["lead_id", "as_of", "converted"],
    ).set_index("lead_id")
    order = answers.loc[frame.index].sort_values(["as_of"], kind="stable").index
    answers, frame = answers.loc[order], frame.loc[order]
    moments_utc = pd.to_datetime(answers["as_of"], utc=True).dt.tz_localize(None)
    return TrainingSet(
        features=all_features(custom),
        frame=frame,
        converted=answers["converted"].to_numpy(dtype=np.int64),
        moments=moments_utc.to_numpy(dtype="datetime64[us]"),
    )
