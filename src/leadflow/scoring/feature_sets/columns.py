"""The columns of the files of a set, and the leads of one of them."""

from typing import Any

from sqlalchemy import Select, Text, bindparam, or_, select
from sqlalchemy.sql.elements import ColumnElement

from features.carrying import (
    AGGREGATES,
    COUNTED_AT,
    aggregate_column,
    carried_aggregates,
    is_moment,
)
from features.feature import FeatureKind
from features.recorded import NOT_RECORDED
from features.training_moments import label_columns
from leadflow.scoring.feature_sets.building import Build
from leadflow.scoring.feature_sets.packed import Column
from leadflow.scoring.feature_sets.reading import AS_OF, CONVERTED, EVER, LEAD_ID
from leadflow.scoring.serving.feature_frames import all_features


def moments_within(build: Build) -> "Select[Any]":
    """The leads of the set of a range, each with its moment: parameters ``after_id`` and ``to_id``
    (None: to the end)."""
    chosen = build.moments().subquery("chosen")
    return select(chosen.c.lead_id, chosen.c.as_of).where(*of_range(chosen.c.lead_id))


def of_range(lead_id: ColumnElement[str]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """That a lead is of the range: parameters ``after_id`` and ``to_id`` (None: to the end)."""
    after_id, to_id = (bindparam(name, None, Text) for name in ("after_id", "to_id"))
    return lead_id > after_id, or_(to_id.is_(None), lead_id <= to_id)


def labelled(build: Build, rows: "Select[Any]") -> "Select[Any]":
    """The rows, in a set for training with what became of the leads."""
    if build.horizon is None:
        return rows
    features = rows.subquery("features")
    return select(features, *label_columns(features, build.horizon))


def columns_of(build: Build) -> list[Column]:
    """The columns of a file, in their order."""
    needed = carried_aggregates(build.custom)
    return [
        Column(LEAD_ID, "text"),
        Column(AS_OF, "moment"),
        *(
            Column(item.name, "text" if item.kind is FeatureKind.CATEGORICAL else "number")
            for item in (*all_features(build.custom), NOT_RECORDED)
        ),
        *(Column(name, "truth") for name in (CONVERTED, EVER) if build.horizon is not None),
        *(
            Column(aggregate_column(need.name), "moment" if is_moment(need) else "whole")
            for need in needed
        ),
        Column(aggregate_column(COUNTED_AT), "moment"),
    ]


def aggregates_of(build: Build) -> tuple[str, ...]:
    """The names of the columns that are there for the next set alone."""
    return tuple(one.name for one in columns_of(build) if one.name.startswith(AGGREGATES))
