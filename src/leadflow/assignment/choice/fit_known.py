"""Whether outcomes are enough to know whom a lead fits, and which strategy a sweep goes by. Pure.

As with the score, what was learned counts only where there is enough to learn from: until then
sweeps hand out by the hybrid strategy, as requests do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from features.how_many import how_many
from leadflow.assignment.choice.plan import Group

AUTOMATIC = "automatic"


@dataclass(frozen=True)
class FitKnown:
    """What came of past leads with a salesperson: how many there were, how many converted, and
    whether that tells salespeople apart by more than chance; ``least``: of either outcome."""

    leads: int
    converted: int
    apart: bool
    least: int

    @property
    def enough(self) -> bool:
        """Whether sweeps go by it."""
        lost = self.leads - self.converted
        return self.apart and min(self.converted, lost) >= self.least

    @property
    def why(self) -> str:
        """Which strategy sweeps go by where no rule names one, and why, in a sentence."""
        past = f"what became of {how_many(self.leads, 'past lead')} ({self.converted:,} converted)"
        if self.enough:
            return f"Optimal, where no rule names a strategy: {past} tells salespeople apart."
        if min(self.converted, self.leads - self.converted) < self.least:
            return (
                f"Hybrid, where no rule names a strategy: {past} is too little to learn from; at "
                f"least {self.least} must have converted, and as many not."
            )
        return (
            f"Hybrid, where no rule names a strategy: {past} does not tell salespeople apart by "
            "more than chance."
        )


def by_what_is_known(
    groups: Sequence[Group], known: FitKnown
) -> tuple[Sequence[Group], str | None]:
    """The groups of a sweep, by the strategy that what is known allows where no rule names one;
    and why, None where rules name them all."""
    if not any(group.plan.automatic for group in groups):
        return groups, None
    if not known.enough:
        return groups, known.why
    return [
        Group(replace(group.plan, strategy="optimal"), group.leads)
        if group.plan.automatic
        else group
        for group in groups
    ], known.why
