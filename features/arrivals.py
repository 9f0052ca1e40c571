"""When leads came in, told from when and at what age they were looked at."""

import numpy as np
import pandas as pd

AGE = "age_days"


def arrivals(frame: pd.DataFrame, moments: np.ndarray) -> np.ndarray:
    """When each of n leads (rows of ``frame``) came in: its moment less its age then, in whole
    seconds. Where ages are not among the features, the moments."""
    if AGE not in frame:
        return moments
    ages = frame[AGE].astype(float).fillna(0.0).to_numpy()
    return np.asarray(moments - np.round(ages * 86_400).astype("timedelta64[s]"))
