"""The moments that recent leads are looked at, to hold them against those a model learned from."""

from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from features.moments import as_of_literal
from features.training_moments import training_moments


def recent_moments(now: datetime, window: timedelta, most: int) -> Select[tuple[str, datetime]]:
    """``lead_id`` and ``as_of`` of leads whose training moment lies within the window before now.

    A lead is looked at once, at the age it is learned at, whether it came in or was first active
    then. Looked at as of now, everyone would differ from the leads learned from by age alone.
    At most ``most`` leads, drawn by their ids.
    """
    moments = training_moments(now, timedelta(0)).subquery("looked_at")
    return (
        select(moments.c.lead_id, moments.c.as_of)
        .where(moments.c.as_of > as_of_literal(now - window))
        .order_by(func.md5(moments.c.lead_id))
        .limit(most)
    )
