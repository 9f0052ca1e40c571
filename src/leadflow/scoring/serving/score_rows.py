"""Scores as rows of ``lead_scores``: by the thousand for COPY, or one as an object."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from features.opinion import AI_SCORE
from leadflow.scoring.levels import levels
from leadflow.settings import Settings

if TYPE_CHECKING:
    import numpy as np

    from models.scores import Scorer, Scores

DIMENSIONS = ("demographic", "behavioural", "engagement", "fit", "ai")
NUMBERS = ("total_score", "points", "probability", "probability_low", "probability_high")


@dataclass(frozen=True)
class ScoredLeads:
    """The scores of n leads as of one moment, column by column.

    ``numbers`` (n × 10) are ``NUMBERS`` and then ``DIMENSIONS``; ``reason_places`` (n × 5) has −1
    where there are fewer reasons, ``reason_texts`` (n × 5) None.
    """

    lead_ids: list[str]
    as_of: datetime
    scorecard_id: int
    features: list[str]
    regime: str
    model_version: str
    numbers: "np.ndarray"
    confidence: list[str]
    level: list[str]
    contributions: "np.ndarray"
    reason_places: "np.ndarray"
    reason_texts: "np.ndarray"

    def __len__(self) -> int:
        return len(self.lead_ids)

    def without(self, lead_ids: set[str]) -> "ScoredLeads":
        """The scores of the others."""
        if not lead_ids:
            return self
        rows = [row for row, lead_id in enumerate(self.lead_ids) if lead_id not in lead_ids]
        return replace(
            self,
            lead_ids=[self.lead_ids[row] for row in rows],
            numbers=self.numbers[rows],
            confidence=[self.confidence[row] for row in rows],
            level=[self.level[row] for row in rows],
            contributions=self.contributions[rows],
            reason_places=self.reason_places[rows],
            reason_texts=self.reason_texts[rows],
        )


def scorecard_id(scorer: "Scorer | Scores") -> int:
    """The number of a scorer in ``scorecards``: a hash, so that every process finds the same."""
    names = [feature.name for feature in scorer.features]
    if AI_SCORE.name not in names:
        names.append(AI_SCORE.name)  # as a bounded opinion, where its weight is not learned
    said = "\0".join([scorer.regime, scorer.version, *names])
    return int.from_bytes(sha256(said.encode()).digest()[:8], "big", signed=True)


def scored_leads(
    given: "Scores", lead_ids: Sequence[str], columns: Any, as_of: datetime, settings: Settings
) -> ScoredLeads:
    """Rows of scores with AI's opinion, levels and reasons; ``columns`` are the leads' values by
    feature name."""
    import numpy as np

    from models.explanation import strongest, texts
    from models.opinion import with_opinion

    opinions = np.asarray(columns[AI_SCORE.name], dtype=np.float64)
    scores = with_opinion(given, opinions, settings.ai_points_cap)
    places = strongest(scores.contributions)
    total = scores.total
    return ScoredLeads(
        lead_ids=list(lead_ids),
        as_of=as_of.astimezone(UTC),
        scorecard_id=scorecard_id(scores),
        features=[feature.name for feature in scores.features],
        regime=scores.regime,
        model_version=scores.version,
        numbers=np.column_stack(
            [
                total,
                scores.points,
                scores.probability,
                scores.low,
                scores.high,
                scores.dimension_points(),
            ]
        ),
        confidence=scores.confidence,
        level=levels(total, settings),
        contributions=scores.contributions,
        reason_places=places,
        reason_texts=texts(scores.features, places, columns),
    )
