"""How much of what will come of a lead has come by its age. Pure.

Leads whose time has not passed say something too: one that is half through its time and has not
converted counts as about half a lead that did not. Expected of it is its chance times the share of
conversions that come as early, so that neither quick nor slow conversions count for more than they
should (right-truncated data; J. D. Kalbfleisch and J. F. Lawless, "Regression models for right
truncated data with applications to AIDS incubation times and reporting lags", 1991).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Fewer conversions than this say too little about how long they take.
FEWEST = 40


def share_by(ages: Floats, times: Floats, horizon: float) -> Floats:
    """The share of conversions that have come by each age; 1 from the horizon on, and 0 before it
    where too little is known.

    Args:
        ages: days since each lead was handed out.
        times: days that leads took to convert whose horizon has passed.
    """
    ordered = np.sort(times)
    young = ages < horizon
    if len(ordered) < FEWEST:
        return np.where(young, 0.0, 1.0)
    found = np.searchsorted(ordered, ages, side="right") / len(ordered)
    return np.where(young, found, 1.0)
