"""When leads came in."""

import numpy as np
import pandas as pd

from features.arrivals import arrivals

MOMENTS = np.array(["2026-03-01T12:00", "2026-03-01T12:00"], dtype="datetime64[us]")


def test_a_lead_came_in_its_age_before_it_was_looked_at() -> None:
    frame = pd.DataFrame({"age_days": [14.0, None]})
    found = arrivals(frame, MOMENTS)
    assert found.astype("datetime64[m]").astype(str).tolist() == [
        "2026-02-15T12:00",
        "2026-03-01T12:00",
    ]


def test_without_ages_the_moment_stands_for_it() -> None:
    assert arrivals(pd.DataFrame({"visits": [1, 2]}), MOMENTS) is MOMENTS
