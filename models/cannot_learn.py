"""Why nothing is learned yet."""

import numpy as np

from features.how_many import how_many


class CannotLearn(ValueError):
    """There is nothing to learn from yet; the rubric scores meanwhile."""


class NotEnoughOutcomes(CannotLearn):
    """There are too few outcomes to learn from."""


class BiasedRest(CannotLearn):
    """What is stored is a rest of one kind: rows of one outcome were set aside."""


class NothingVaries(CannotLearn):
    """Every lead looks the same, so that nothing can tell them apart."""


def refuse_if_too_few(labels: np.ndarray, fewest: int) -> None:
    """See that of n leads, each counted once however many copies of it there are, at least
    ``fewest`` converted (``labels``, n, 0 or 1), and as many did not.

    Raises:
        NotEnoughOutcomes: they are fewer.
    """
    converted, leads = int(labels.sum()), len(labels)
    if min(converted, leads - converted) < fewest:
        raise NotEnoughOutcomes(
            f"{converted} converted and {how_many(leads - converted, 'other lead')} past "
            "their horizon: "
            f"at least {fewest} of each are needed to learn. The expert rubric scores until then."
        )
