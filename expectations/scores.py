"""What written scores look like: levels as their bounds say, parts that add up to the total."""

from expectations.expected import SOON, Expected, among, between, critical, unique

LEVELS = ("hot", "warm", "cold", "unqualified")
# Sums of a few dozen parts as floating-point numbers.
ALMOST_NOTHING = 1e-6

EXPECTATIONS: tuple[Expected, ...] = (
    critical("A lead has one score of a moment", unique("lead_id", "as_of")),
    critical("A total is from 0 to 100", between("total_score", 0, 100)),
    critical("A probability is from 0 to 1", between("probability", 0, 1)),
    critical("A probability lies within its interval", among("in_interval", [True])),
    critical(
        "The contributions add up to the points",
        between("contributions_off", -ALMOST_NOTHING, ALMOST_NOTHING),
    ),
    critical(
        "The dimensions add up to the points",
        between("dimensions_off", -ALMOST_NOTHING, ALMOST_NOTHING),
    ),
    critical(
        "The total is the points from 0 to 100",
        between("total_off", -ALMOST_NOTHING, ALMOST_NOTHING),
    ),
    critical("A level is one that there is", among("level", LEVELS)),
    critical("Levels rise with the total", among("level_in_order", [True])),
    critical("No score is of a moment to come", between("hours_since_as_of", SOON)),
    critical("A contribution has a feature's name", among("named", [True])),
)
