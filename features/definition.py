"""The definition of a feature: what it says, its SQL, and what it counts of a lead's events."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Double, cast, func, literal
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from features.activity import Aggregate
from features.feature import Feature

Expression = Callable[[FromClause, FromClause], ColumnElement[Any]]


@dataclass(frozen=True)
class Definition:
    """A feature and how it is computed.

    ``expression`` takes ``profile`` (the lead as known at the moment) and ``activity`` (a column
    for each of ``needs``, over what the lead did up to then). ``moves``: it changes as time goes
    by, though nothing new is known of the lead.
    """

    feature: Feature
    expression: Expression
    needs: tuple[Aggregate, ...] = ()
    moves: bool = False


def of_profile(feature: Feature, name: str | None = None) -> Definition:
    """What is known of the lead, as it is; by the feature's own name where none is given."""
    column = name or feature.name
    return Definition(feature, lambda profile, activity: profile.c[column])


def number_of_profile(feature: Feature, column: str, divisor: float = 1.0) -> Definition:
    """A number that is known of the lead."""
    return Definition(feature, lambda profile, activity: cast(profile.c[column], Double) / divisor)


def done(feature: Feature, count: Aggregate) -> Definition:
    """How often the lead did something."""
    return Definition(
        feature,
        lambda profile, activity: cast(func.coalesce(activity.c[count.name], 0), Double),
        (count,),
        moves=count.moves,
    )


def reported_and_done(feature: Feature, column: str, count: Aggregate) -> Definition:
    """The count a company reported, plus what was seen since it was reported."""
    return Definition(
        feature,
        lambda profile, activity: cast(
            func.coalesce(profile.c[column], 0) + func.coalesce(activity.c[count.name], 0), Double
        ),
        (count,),
        moves=count.moves,
    )


def days_since(feature: Feature, last: Aggregate) -> Definition:
    """Days from when something last happened to the moment; missing where it never did."""
    return Definition(
        feature,
        lambda profile, activity: days_before(profile, activity.c[last.name]),
        (last,),
        moves=True,
    )


def days_before(profile: FromClause, moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """Days from one moment to the one the features are of."""
    # date_part gives a double where EXTRACT gives a numeric, several times as slow to compute with.
    return func.date_part("epoch", profile.c.as_of - moment) / literal(86400.0, Double)
