"""The plan of a simulated year: how many leads come, and when the market changes to what."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from leadflow.simulation.catalogue import AS_EVER, INDUSTRIES, TITLES, Conditions, Part

BEGINS = datetime(2025, 1, 1, tzinfo=UTC)


def _changed(part: Part, **to: tuple[float, float]) -> Part:
    return {**part, **{name.replace("_", " "): value for name, value in to.items()}}


# A new product: schools and shops come, and buy; technology companies have what they need.
NEW_PRODUCT = replace(
    AS_EVER,
    industries=_changed(
        INDUSTRIES,
        technology=(0.10, -0.60),
        finance=(0.08, -0.40),
        education=(0.28, 1.00),
        retail=(0.26, 0.70),
    ),
)
# Budgets are frozen: only those decide who own the company, and hardly anybody is in a hurry.
FROZEN_BUDGETS = replace(
    NEW_PRODUCT,
    titles={
        **TITLES,
        "CEO": (0.12, 1.50),
        "Founder": (0.12, 1.40),
        "VP of Marketing": (0.06, -0.50),
        "VP of Sales": (0.05, -0.50),
        "Director of Operations": (0.06, -0.40),
        "Marketing Director": (0.05, -0.40),
    },
    timelines={
        "immediately": (0.06, -0.60),
        "1-3 months": (0.16, -0.30),
        "3-6 months": (0.22, 0.20),
        "6-12 months": (0.28, 0.70),
        "just looking": (0.28, -0.40),
    },
)


@dataclass(frozen=True)
class Phase:
    """The market from one day (of the year; below nil: before it) up to another, as it is then."""

    name: str
    begins: int
    ends: int
    conditions: Conditions


@dataclass(frozen=True)
class Plan:
    """``history`` days come before the year. The market changes on each day of ``changes``."""

    days: int = 365
    history: int = 150
    leads_a_day: int = 300
    changes: tuple[int, int] = (60, 210)
    held_out: int = 12_000
    seed: int = 1

    def phases(self) -> Iterator[Phase]:
        """As it was, after the first change, after the second."""
        first, second = self.changes
        yield Phase("as it was", -self.history, first, AS_EVER)
        yield Phase("a new product", first, second, NEW_PRODUCT)
        yield Phase("frozen budgets", second, self.days, FROZEN_BUDGETS)

    def phase(self, day: int) -> Phase:
        """The market of a day."""
        return next(one for one in self.phases() if one.begins <= day < one.ends)


def moment(day: int) -> datetime:
    """The beginning of a day of the year."""
    return BEGINS + timedelta(days=day)
