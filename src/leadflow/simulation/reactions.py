"""What leads of the simulated market do with a mail, and when. Pure.

Whether somebody opens a mail, clicks in it, answers, asks to meet, buys or wants no more of it goes
by the hidden interest u that drives everything else they do, and buying by the lead's own odds of
buying, too. The numbers are made up, near what is usual of mails between companies.
"""

from dataclasses import dataclass

import numpy as np

from leadflow.simulation.market import INTERCEPT

HOURS_A_DAY = 24.0
# Each mail that came before makes the next one less likely to be opened, by so much in log-odds.
TIRED = 0.12
LATEST_DAYS = 14.0


@dataclass(frozen=True)
class Reaction:
    """Something a lead does after another of these (``after``; none: after the mail came).

    ``odds``: its log-odds at average interest; ``pull``: what one unit of interest adds;
    ``buying``: what the log-odds of buying add, from their average on; ``hours``: the median delay,
    ``spread``: the standard deviation of its logarithm.
    """

    type: str
    after: str | None
    odds: float
    pull: float
    hours: float
    spread: float
    buying: float = 0.0


CONVERTED = "converted"
# In an order in which each stands below what it comes after.
REACTIONS = (
    Reaction("email_open", None, -0.5, 0.5, 5.0, 1.3),
    Reaction("email_click", "email_open", -1.4, 0.8, 0.05, 0.8),
    Reaction("email_reply", "email_open", -3.6, 1.0, 3.0, 1.2),
    Reaction("unsubscribe", "email_open", -4.6, -0.8, 0.03, 0.6),
    Reaction("pricing_view", "email_click", -1.0, 0.8, 0.1, 0.8),
    Reaction("form_sent", "email_click", -3.0, 0.9, 0.2, 0.8),
    Reaction("meeting", "email_click", -2.8, 1.1, 40.0, 0.8),
    Reaction(CONVERTED, "email_click", -4.0, 0.0, 120.0, 0.7, buying=0.8),
)


def reactions(
    draw: np.random.Generator, interest: np.ndarray, log_odds: np.ndarray, before: int
) -> np.ndarray:
    """When each lead (n) does each of ``REACTIONS`` (m) with one mail, in days after it came; NaN
    where it does not.

    Args:
        interest: the hidden interest of each.
        log_odds: the true log-odds of buying of each.
        before: how many mails it had before this one.

    Returns:
        Days (n × m).
    """
    count = len(interest)
    found: dict[str, np.ndarray] = {}
    for one in REACTIONS:
        odds = one.odds + one.pull * interest + one.buying * (log_odds - INTERCEPT)
        if one.after is None:
            odds = odds - TIRED * before
        does = draw.random(count) < 1.0 / (1.0 + np.exp(-odds))
        delay = one.hours * np.exp(one.spread * draw.normal(size=count)) / HOURS_A_DAY
        since = np.zeros(count) if one.after is None else found[one.after]
        found[one.type] = np.where(does, since + np.minimum(delay, LATEST_DAYS), np.nan)
    return np.stack([found[one.type] for one in REACTIONS], axis=1)
