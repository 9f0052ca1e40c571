"""Leads of the simulated market as a campaign meets them: they do with its mails what their hidden
interest has them do. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.interpreter.zones import Mask, Moments, Numbers
from leadflow.campaigns.places.placing import placed
from leadflow.campaigns.simulating.columns import Column
from leadflow.campaigns.simulating.lives import Lives
from leadflow.campaigns.simulating.market_profile import moments, profile, whereabouts_known
from leadflow.campaigns.simulating.simulation import Crowd
from leadflow.campaigns.store.programs import fields_asked
from leadflow.domain_events.types import DID
from leadflow.simulation.market import AVERAGE, INTEREST, Block, arriving
from leadflow.simulation.reactions import CONVERTED, REACTIONS, reactions

if TYPE_CHECKING:
    import pandas as pd

LEVELS = ("unqualified", "cold", "warm", "hot")
CREATED, LEVEL_CHANGED = "lead.created", "lead.level_changed"
# What it does with the mails of others says nothing of those of this campaign.
OF_OTHER_MAILS = ("email_open", "email_click", "email_reply", "unsubscribe")
# After so many things that a lead did, half of its interest is known to who scores it.
HALF_KNOWN = 4.0
WITHIN_DAYS = 7.0
SCORES = [number / 10 for number in range(1001)]
# A reaction's place among these is one more than its place among the reactions.
TYPES = (
    CREATED,
    *("lead.converted" if one.type == CONVERTED else f"{DID}{one.type}" for one in REACTIONS),
    f"{DID}website_visit",
    f"{DID}content_download",
    "lead.lost",
)
BOUGHT = TYPES.index("lead.converted")


@dataclass(frozen=True)
class Market:
    """A simulated market: so many leads arrive evenly over a week from a moment on (aware), and are
    watched for so many days. ``thresholds``: the lowest score of a hot, a warm and a cold lead."""

    seed: int
    leads: int
    since: datetime
    days: float
    thresholds: tuple[float, float, float]

    def crowd(self, start: int, program: Program) -> Crowd:
        """One block of its leads, by the number of the first."""
        # Somebody may come in on the last day of being watched, and is watched as long again.
        block = arriving(self.seed, start, self.leads, self.since, WITHIN_DAYS, 2 * self.days)
        middle = self.since + timedelta(days=WITHIN_DAYS)
        zones = placed(whereabouts_known(block.leads), program.campaign, middle)
        known = profile(block.leads, fields_asked(program))
        leads = MarketLeads(block, known, self.thresholds, (self.seed, start))
        return Crowd(leads, block.leads["external_id"].tolist(), zones)


@dataclass
class MarketLeads:
    """The leads of a block with what is ``known`` of each, and how many mails each had. ``seed``:
    what their reactions are drawn by, so that the same mails lead to the same."""

    block: Block
    known: Mapping[str, Column]
    thresholds: tuple[float, float, float]
    seed: Sequence[int]
    _mails: Numbers = field(init=False)
    _drawn: dict[int, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._mails = np.zeros(len(self._arrived), dtype=np.int64)
        self._of, self._at, self._type = self._own_life()
        self._lives: Lives | None = None

    @property
    def lives(self) -> Lives:
        """Their lives, with what they do with the mails they had."""
        if self._lives is None:
            self._lives = self._scored()
        return self._lives

    def mailed(self, leads: Numbers, at: Moments) -> None:
        """These leads, each once, got a mail at these moments: they do with it what they do."""
        had = self._mails[leads]
        self._mails[leads] += 1
        for before in np.unique(had).tolist():
            now = had == before
            days = self._reactions(before)[leads[now]]
            row, kind = np.nonzero(~np.isnan(days))
            delays = (days[row, kind] * 86_400_000_000).astype("timedelta64[us]")
            # Nothing happens at the very moment of a mail.
            does_at = at[now][row] + np.maximum(delays, np.timedelta64(1, "s"))
            self._add(leads[now][row], does_at, kind + 1)

    def _reactions(self, before: int) -> np.ndarray:
        """What every lead of the block would do with a mail that comes after so many."""
        if before not in self._drawn:
            draw = np.random.default_rng([*self.seed, before, 1])
            interest = self.block.truth["interest"].to_numpy()
            self._drawn[before] = reactions(draw, interest, self._log_odds, before)
        return self._drawn[before]

    def _add(self, of: Numbers, at: Moments, kinds: Numbers) -> None:
        """Add things that happen, where the lead has not ended before."""
        still = at < self._ends[of]
        order = np.lexsort((at[still], of[still]))
        of, at, kinds = of[still][order], at[still][order], kinds[still][order]
        bought = kinds == BOUGHT
        np.minimum.at(self._ends, of[bought], at[bought])
        places = self.lives.place(of, at)
        self._of = np.insert(self._of, places, of)
        self._at = np.insert(self._at, places, at)
        self._type = np.insert(self._type, places, kinds)
        self._lives = None

    def _own_life(self) -> tuple[Numbers, Moments, Numbers]:
        """What happens to them without any mail of this campaign."""
        events, outcomes = self.block.events, self.block.outcomes
        events = events[~events["type"].isin(OF_OTHER_MAILS)]
        came = np.arange(len(self._arrived))
        of = [came, events["lead"].to_numpy(), outcomes["lead"].to_numpy()]
        at = [self._arrived, moments(events["occurred_at"]), moments(outcomes["occurred_at"])]
        did = _codes(events["type"], DID)
        ended = _codes(outcomes["outcome"], "lead.")
        kinds = [np.zeros(len(came), dtype=np.int64), did, ended]
        all_of, all_at = np.concatenate(of), np.concatenate(at)
        order = np.lexsort((all_at, all_of))
        return all_of[order], all_at[order], np.concatenate(kinds)[order]

    def _scored(self) -> Lives:
        """Their lives with the score that each has after each thing that happened, and its level:
        the more it did, the more of its interest is known."""
        starts = np.searchsorted(self._of, np.arange(len(self._arrived)))
        often = np.arange(len(self._of)) - starts[self._of]
        known = self._log_odds - INTEREST * self._interest
        known = known[self._of] + INTEREST * self._interest[self._of] * (
            1 - 0.5 ** (often / HALF_KNOWN)
        )
        points = np.clip(50 + 10 * (known - AVERAGE) / np.log(2), 0, 100)
        scores = np.round(points * 10).astype(np.int64)
        lowest = sorted(self.thresholds)
        levels = np.searchsorted(lowest, scores / 10, side="right")
        before = np.where(often == 0, -1, np.concatenate([[-1], levels[:-1]]))
        changed: Mask = levels != before
        first = starts
        return Lives(
            self._arrived,
            {
                **self.known,
                "level": Column(LEVELS, levels[first]),
                "total_score": Column(SCORES, scores[first]),
            },
            self._of,
            self._at,
            Column(TYPES, self._type),
            {
                "event.level": Column(LEVELS, np.where(changed, levels, -1)),
                "event.level_before": Column(LEVELS, np.where(changed, before, -1)),
            },
            {"level": Column(LEVELS, levels), "total_score": Column(SCORES, scores)},
            {LEVEL_CHANGED: changed},
        )

    @cached_property
    def _arrived(self) -> Moments:
        return moments(self.block.leads["created_at"])

    @cached_property
    def _interest(self) -> np.ndarray:
        return self.block.truth["interest"].to_numpy()

    @cached_property
    def _log_odds(self) -> np.ndarray:
        probability = self.block.truth["probability_at_creation"].to_numpy()
        log_odds: np.ndarray = np.log(probability / (1 - probability))
        return log_odds

    @cached_property
    def _ends(self) -> Moments:
        found = np.full(len(self._arrived), np.datetime64("2200-01-01", "us"))
        outcomes = self.block.outcomes
        found[outcomes["lead"].to_numpy()] = moments(outcomes["occurred_at"])
        return found


def _codes(names: "pd.Series[Any]", before: str) -> Numbers:
    """The places of these names, with what stands before them, among the types."""
    places = {name: number for number, name in enumerate(TYPES)}
    said, codes = np.unique(names.to_numpy(dtype=object), return_inverse=True)
    return np.array([places[f"{before}{name}"] for name in said], dtype=np.int64)[codes]
