"""The charts of the models' page: whether chances hold, how far leads have moved, what matters."""

from collections.abc import Mapping, Sequence
from typing import Any

from features.how_many import how_many
from leadflow.charts.figures import (
    Bar,
    Figure,
    Moment,
    Table,
    bars,
    calibration,
    over_time,
)
from leadflow.scoring.monitoring.standing_now import Checked, ModelStanding
from leadflow.settings import Settings

SINCE = "since it serves"
# Below it an index says nothing (Siddiqi's bands).
SOMETHING = 0.1


def calibration_now(standing: ModelStanding) -> Figure | None:
    """What was predicted since it learned, against what came; None before enough has come."""
    found = _found(standing, "calibration")
    rows: Sequence[Mapping[str, Any]] = found.get("table") or ()
    if not rows:
        return None
    told = [
        [f"{row['leads']:,}", f"{row['predicted']:.1%}", f"{row['observed']:.1%}"] for row in rows
    ]
    points = [(row["predicted"], row["observed"]) for row in rows]
    return calibration(found["words"].rstrip("."), {SINCE: points}, Table(COLUMNS, told))


COLUMNS = ("Leads", "Predicted", "Converted")


def ratio_over_time(trend: Sequence[Checked], settings: Settings) -> Figure | None:
    """Observed over expected conversions, check by check."""
    told = [one for one in trend if one.ratio is not None]
    if len(told) < 2:
        return None
    last, bound = told[-1].ratio or 0.0, settings.calibration_bound
    off = f"beyond {bound:g} times" if not 1 / bound <= last <= bound else "within bounds"
    title = f"{last:.2f} times as many convert as predicted: {off}"
    rows = [
        [f"{one.at:%Y-%m-%d %H:%M} UTC", f"{one.ratio:.2f}", f"{one.low:.2f} to {one.high:.2f}"]
        for one in told
    ]
    table = Table(("Checked", "Observed over expected", "99 % interval"), rows)
    moments = [Moment(one.at, one.ratio or 0.0, one.low, one.high) for one in told]
    return over_time(title, moments, "Observed over expected", table, 1.0, "as predicted", ".1f")


def drift_over_time(trend: Sequence[Checked], settings: Settings) -> Figure | None:
    """How far the feature that moved most has moved, check by check."""
    told = [one for one in trend if one.index is not None]
    if len(told) < 2:
        return None
    last, bound = told[-1].index or 0.0, settings.drift_bound
    title = "Leads look as they did"
    if last > SOMETHING:
        title = "Something has moved, but not so much that it has to be learned anew"
    if last > bound:
        title = "Leads look other than they did: it is time to learn anew"
    rows = [[f"{one.at:%Y-%m-%d %H:%M} UTC", f"{one.index:.3f}"] for one in told]
    table = Table(("Checked", "Index of what moved most"), rows)
    moments = [Moment(one.at, one.index or 0.0) for one in told]
    axis = "Index of what moved most (PSI)"
    return over_time(title, moments, axis, table, bound, "train anew", ".2f")


def matters(found: Sequence[tuple[str, float]]) -> Figure | None:
    """Which features move scores most."""
    if not found:
        return None
    table = Table(
        ("What is known of a lead", "Points, either way"), [[n, f"{p:.1f}"] for n, p in found]
    )
    shown = [Bar(name, points) for name, points in found]
    title = f"“{found[0][0]}” moves scores most: by {how_many(round(found[0][1], 1), 'point')}"
    return bars(title, shown, "Points it moves a lead by, on average", table, form=".1f")


def _found(standing: ModelStanding, part: str) -> Mapping[str, Any]:
    check = standing.check
    return {} if check is None else check.findings.get(part) or {}
