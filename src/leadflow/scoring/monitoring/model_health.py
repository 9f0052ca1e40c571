"""The health of the serving model, as plain data and in words."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from features.how_many import how_many, of_number
from leadflow.scoring.monitoring.earlier_checks import EarlierCheck
from leadflow.scoring.monitoring.shadow_report import ShadowReport

if TYPE_CHECKING:
    from models.calibration_drift import CalibrationCheck
    from models.drift import Drift
    from models.evaluation import Metrics


@dataclass(frozen=True)
class ModelHealth:
    """What a check found.

    While the rubric scores there is nothing learned to hold leads against: ``drift``,
    ``calibration`` and ``promised`` are None. ``new_outcomes`` counts the leads that have passed
    their horizon and that no model has learned from. ``moved`` says what has moved too far; that is
    no reason to train once it was ``learned_since``, for the same would be learned again.
    """

    checked_at: datetime
    serving: str
    new_outcomes: int
    reasons_to_train: list[str]
    drift: "Drift | None" = None
    calibration: "CalibrationCheck | None" = None
    promised: "Metrics | None" = None
    shadow: ShadowReport | None = None
    earlier: tuple[EarlierCheck, ...] = ()
    moved: tuple[str, ...] = ()
    learned_since: datetime | None = None

    @property
    def reason(self) -> str:
        """Why to train anew, in one text; empty if there is no need."""
        return " ".join(self.reasons_to_train)

    @property
    def verdict(self) -> str:
        """The finding in a few words."""
        if self.reasons_to_train:
            return "Time to train anew"
        if self.drift is None:
            return "The expert rubric scores; nothing to train yet"
        if self.learned_since is not None:
            return f"Learned anew on {self.learned_since:%Y-%m-%d}; no more to learn from yet"
        return "No need to train anew"

    @property
    def headline(self) -> str:
        """The finding and what it rests on, in a line."""
        if self.reasons_to_train:
            return f"{self.verdict}. {self.reason}"
        if self.drift is None or self.calibration is None:
            new = self.new_outcomes
            told = f"{how_many(new, 'new lead')} {of_number(new, 'has')} passed the horizon"
            return f"{self.verdict}: {told}."
        return f"{self.verdict}. {self.drift.words} {self.calibration.words}"

    def findings(self) -> dict[str, Any]:
        """Plain JSON of everything found."""
        parts = {
            "headline": self.headline,
            "new_outcomes": self.new_outcomes,
            "moved": list(self.moved),
            **{
                name: None if part is None else {**asdict(part), "words": part.words}
                for name, part in (
                    ("drift", self.drift),
                    ("calibration", self.calibration),
                    ("shadow", self.shadow),
                )
            },
            "promised": None if self.promised is None else self.promised.to_dict(),
        }
        return {name: _finite(part) for name, part in parts.items()}


def _finite(value: Any) -> Any:
    """The value without what JSON cannot say: NaN and infinity become None."""
    if isinstance(value, dict):
        return {str(name): _finite(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return value
