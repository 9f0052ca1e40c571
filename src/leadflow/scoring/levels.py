"""Qualification levels: what a score means for the next step."""

from typing import TYPE_CHECKING

from leadflow.settings import Settings

if TYPE_CHECKING:
    import numpy as np

NEXT_STEPS = {
    "hot": "A salesperson gets this lead at the next assignment sweep.",
    "warm": "A salesperson gets this lead at the next assignment sweep, after the hot ones.",
    "cold": "Not assigned yet: scored again as it shows more interest.",
    "unqualified": "Not assigned: it has too little in common with leads that buy.",
}
BEST_FIRST = tuple(NEXT_STEPS)


def level(total: float, settings: Settings) -> str:
    """hot, warm, cold or unqualified; the thresholds are settings."""
    for name, lowest in zip(BEST_FIRST, thresholds(settings), strict=False):
        if total >= lowest:
            return name
    return "unqualified"


def thresholds(settings: Settings) -> tuple[float, float, float]:
    """The lowest score of a hot, of a warm and of a cold lead."""
    return settings.hot_from, settings.warm_from, settings.cold_from


def levels(totals: "np.ndarray", settings: Settings) -> list[str]:
    """The level of each score (n); as ``level`` says, for many at once."""
    import numpy as np

    reached = sum((totals >= lowest).astype(int) for lowest in thresholds(settings))
    # Places of names, not names: an array of texts is slow to take apart.
    names: list[str] = np.array(BEST_FIRST[::-1], dtype=object)[reached].tolist()
    return names
