"""A chance and how sure one may be of it, in words for people."""

from models.calibration import NOT_ENOUGH

SURENESS = {
    "high": "well known from earlier leads",
    "medium": "known roughly from earlier leads",
    "low": "a rough idea, for earlier leads tell little",
    NOT_ENOUGH: "a guess so far: hardly any earlier lead is like this one",
}


def how_sure(confidence: str) -> str:
    """The confidence of a score, as somebody would say it."""
    return SURENESS[confidence]


# A range wider than this says nothing.
OPEN = 0.9


def chance_in_words(probability: float, low: float, high: float) -> str:
    """For instance ``about 12 of 100 such leads buy, 9 times in 10 between 8 and 17``.

    With one more digit where the low end is below five, and without the range where rounding would
    put the chance at an end of it. A range that leaves everything open is said to.
    """
    if high - low > OPEN:
        return f"about {100 * probability:.0f} of 100 such leads buy, but hardly any were like it"
    digits = 0 if low >= 0.05 else 1
    said, least, most = (f"{100 * share:.{digits}f}" for share in (probability, low, high))
    if least in (said, most) or said == most:
        return f"about {said} of 100 such leads buy"
    return f"about {said} of 100 such leads buy, 9 times in 10 between {least} and {most}"
