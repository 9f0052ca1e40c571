"""Moments that are written without a time zone: in one that somebody named, or refused."""

import re
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
ZONED = r"(?i).*(?:z|[+-]\d\d(?::?\d\d)?)"
HAS_A_TIME, HAS_A_ZONE = re.compile("%[-#]?[HIMSTXRrcp]"), re.compile("%[-#]?[zZ]")
NO_ZONE = "has no time zone: send it with one (2026-01-31T12:00:00+01:00), or say `zone`"


class ZoneMissing(ValueError):
    """A moment without a zone could be several; the message says what to do."""


def in_zone(
    read: "pd.Series[Any]",
    given: "pd.Series[Any]",
    written: str | None,
    zone: tzinfo | None,
    days: bool,
) -> "tuple[pd.Series[Any], str]":
    """Moments as they are in a zone, and why some are none.

    Args:
        read: the same as if they were in UTC.
        given: how they are written: in ISO 8601, or as ``written`` says.
        zone: of those that name none; None: those are refused.
        days: days alone stay as they are. Without a zone they always do.
    """
    import pandas as pd

    if written is None:
        alone = given.str.fullmatch(DAY).fillna(False).astype("bool")
        bare = ~given.str.slice(10).str.fullmatch(ZONED).fillna(False).astype("bool")
    else:
        alone = pd.Series(HAS_A_TIME.search(written) is None, index=given.index)
        bare = pd.Series(HAS_A_ZONE.search(written) is None, index=given.index)
    if zone is None or days:
        bare &= ~alone
    if zone is None:
        return read.where(~bare), NO_ZONE
    there = read.where(bare).dt.tz_localize(None)
    local = there.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    return local.where(bare, read), _at_a_change(zone)


def with_zone(text: str, zone: tzinfo | None) -> str:
    """An ISO 8601 text with the zone that it is in; as it stands where it has one, or is none.

    Raises:
        ZoneMissing: it has none, and may be several moments, or none, in ``zone``.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is not None:
        return text
    if zone is None:
        raise ZoneMissing(NO_ZONE)
    local = moment.replace(tzinfo=zone)
    again = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    if again != moment or local.utcoffset() != local.replace(fold=1).utcoffset():
        raise ZoneMissing(_at_a_change(zone))
    return local.isoformat()


def _at_a_change(zone: tzinfo) -> str:
    return f"comes twice or never in {zone}, where clocks are changed then: send it with its zone"
