"""Reading features out of the store, as frames that models take."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from features.attributes import attribute_definitions
from features.builder import feature_query
from features.definitions import DEFINITIONS, Definition
from features.feature import Feature
from features.training_moments import labels, training_moments
from leadflow.leads.tables import AttributeDefinition

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


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


def read_features(
    session: Session, moments: "Select[tuple[str, datetime]]", custom: tuple[Definition, ...]
) -> "pd.DataFrame":
    """The features of these leads at these moments, one row a lead, indexed by lead id."""
    import pandas as pd

    result = session.execute(feature_query(moments, custom))
    frame = pd.DataFrame(result.fetchall(), columns=list(result.keys()))
    return frame.set_index("lead_id")


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
        frame=frame.drop(columns="as_of"),
        converted=answers["converted"].to_numpy(dtype=np.int64),
        moments=moments_utc.to_numpy(dtype="datetime64[us]"),
    )
