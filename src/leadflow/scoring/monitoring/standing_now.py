"""How the model stands: what serves and since when, what its last check found, what of it moved
over the checks before, what matters most in scores, which trainings there were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Double, Integer, Text, cast, func, select, true
from sqlalchemy.orm import Session

from features.definitions import DEFINITIONS
from leadflow.approvals.tables import Approval
from leadflow.scoring.learning.standing import waiting_promotion
from leadflow.scoring.learning.tables import TrainingRun
from leadflow.scoring.monitoring.matured import Serving
from leadflow.scoring.monitoring.tables import ModelCheck
from leadflow.scoring.serving.feature_frames import custom_definitions
from leadflow.scoring.serving.serving_record import serving_now
from leadflow.scoring.serving.tables import ServingModel
from leadflow.scoring.tables import LeadScore, ScorecardUsed
from leadflow.settings import Settings

MOST_CHECKS, MOST_TRAININGS, MOST_SERVED = 60, 10, 10
# What matters is asked of the newest leads with a score.
LOOKED_AT, MOST_FEATURES = 500, 10


@dataclass(frozen=True)
class Checked:
    """One check of what serves: how far the feature that moved most had moved, and observed over
    expected conversions with their 99 % interval; None where there was too little to say."""

    at: datetime
    index: float | None
    ratio: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ModelStanding:
    """``serving``: None while the expert rubric scores; ``asked``: the approval it serves by, and
    ``waits``: the question about the next one; ``check``: the last of what serves, and ``trend``:
    those of it there were, the oldest first."""

    serving: ServingModel | None
    asked: Approval | None
    waits: Approval | None
    check: ModelCheck | None
    trend: tuple[Checked, ...]
    trainings: Sequence[TrainingRun]
    served: Sequence[ServingModel]

    @property
    def moved(self) -> list[str]:
        """What the last check found to have moved too far."""
        return (
            []
            if self.check is None
            else [str(one) for one in self.check.findings.get("moved") or []]
        )

    @property
    def words(self) -> str:
        """The finding in a few words."""
        if self.waits is not None:
            return "A challenger waits for a decision"
        if self.check is not None and self.check.reasons:
            return "It is time to train anew"
        if self.moved:
            return "Leads have moved; there is no more to learn from yet"
        return "Nothing is to be done"


def model_standing(session: Session, settings: Settings) -> ModelStanding:
    """As of now; nothing is read from MLflow, so that it is told while that is away too."""
    serving = serving_now(session, settings.model_name)
    named = None if serving is None else str(Serving(serving.version))
    check = _last_check(session, named)
    of_name = ServingModel.model_name == settings.model_name
    served = select(ServingModel).where(of_name).order_by(ServingModel.since.desc())
    began = TrainingRun.began_at.desc()
    trained = select(TrainingRun).where(TrainingRun.model_name == settings.model_name)
    return ModelStanding(
        serving=serving,
        asked=None if serving is None else session.get(Approval, serving.approval_id),
        waits=waiting_promotion(session, settings),
        check=check,
        trend=() if check is None else trend(session, check.model_version),
        trainings=session.scalars(trained.order_by(began).limit(MOST_TRAININGS)).all(),
        served=session.scalars(served.limit(MOST_SERVED)).all(),
    )


def trend(session: Session, serving: str) -> tuple[Checked, ...]:
    """The last checks of what serves, the oldest first."""
    farthest = ModelCheck.findings["drift"]["features"][0]["psi"].astext
    ratio = ModelCheck.findings["calibration"]["ratio"]
    rows = session.execute(
        select(
            ModelCheck.checked_at,
            cast(farthest, Double),
            *(cast(ratio[place].astext, Double) for place in range(3)),
        )
        .where(ModelCheck.model_version == serving)
        .order_by(ModelCheck.checked_at.desc())
        .limit(MOST_CHECKS)
    )
    return tuple(Checked(*row) for row in rows)[::-1]


def what_matters(session: Session) -> list[tuple[str, float]]:
    """The features that move scores most, the most first: what each is called, and by how many
    points it moves a lead's score either way, on average over the newest leads with a score."""
    newest = (
        select(LeadScore.contribution_points.label("points"), LeadScore.scorecard_id)
        .where(LeadScore.is_current)
        .order_by(LeadScore.lead_id.desc())
        .limit(LOOKED_AT)
        .subquery("newest")
    )
    unnested = func.unnest(newest.c.points).table_valued("points", with_ordinality="place")
    each = unnested.render_derived(name="each")
    name = ScorecardUsed.features[cast(each.c.place, Integer())]
    moved: Any = func.avg(func.abs(each.c.points))
    rows = session.execute(
        select(cast(name, Text), moved)
        .select_from(newest)
        .join(ScorecardUsed, ScorecardUsed.id == newest.c.scorecard_id)
        .join(each, true())
        .group_by(name)
        .order_by(moved.desc())
        .limit(MOST_FEATURES)
    ).all()
    known = (*DEFINITIONS, *custom_definitions(session))
    labels = {one.feature.name: one.feature.label for one in known}
    return [(labels.get(feature, feature), float(points)) for feature, points in rows if points]


def _last_check(session: Session, named: str | None) -> ModelCheck | None:
    """Of what serves now: of this model, or of a rubric."""
    of_it = (
        ModelCheck.model_version.startswith("rubric ")
        if named is None
        else ModelCheck.model_version == named
    )
    newest = select(ModelCheck).where(of_it).order_by(ModelCheck.checked_at.desc()).limit(1)
    return session.scalars(newest).first()
