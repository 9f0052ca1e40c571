"""Watching the model that serves: has anything moved so far that it should be trained anew?"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from features.recent_moments import recent_moments
from leadflow.audit import service as audit
from leadflow.outbox import service as outbox
from leadflow.scoring.feature_sets.building import MOST_RECENT
from leadflow.scoring.feature_sets.reading import read_set
from leadflow.scoring.feature_sets.tables import FeatureSet
from leadflow.scoring.learning.challenger import Learned, horizon, registry
from leadflow.scoring.learning.learnable import learnable
from leadflow.scoring.learning.trainings import last_training
from leadflow.scoring.monitoring.after_a_change import more_since_moved
from leadflow.scoring.monitoring.earlier_checks import earlier_checks, moved_since
from leadflow.scoring.monitoring.matured import Serving, served_scores
from leadflow.scoring.monitoring.model_health import ModelHealth
from leadflow.scoring.monitoring.shadow_report import ShadowReport, shadow_report
from leadflow.scoring.monitoring.tables import ModelCheck
from leadflow.scoring.serving.feature_frames import (
    custom_definitions,
    read_features,
    read_training_set,
)
from leadflow.scoring.serving.shadow import forget_shadows
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.calibration_drift import CalibrationCheck
    from models.drift import Drift
    from models.reference import Reference
    from models.registry import Version
    from models.training_record import Record

# Where a training has left older leads out, the market has just changed: what each further lead
# tells of it is worth more, and the next training comes by half the share of new outcomes.
SOONER = 2


@dataclass(frozen=True)
class _Models:
    """Champion and challenger with what was written down of each; None where there is none."""

    champion: "tuple[Version, Record] | None"
    challenger: "tuple[Version, Record] | None"

    @property
    def versions(self) -> set[str]:
        """Their numbers."""
        return {one[0].version for one in (self.champion, self.challenger) if one is not None}

    @property
    def learned(self) -> "list[Record]":
        return [found[1] for found in (self.champion, self.challenger) if found is not None]


def check_model(
    session: Session, settings: Settings, now: datetime, recent: FeatureSet | None = None
) -> ModelHealth:
    """Hold the model that serves against recent leads, matured scores and its challenger.
    ``recent``: the set of recent leads' features; else they are computed, as of now."""
    models = _read_models(settings)
    if models.champion is None:
        return _check_rubric(session, models, settings, now)
    version, record = models.champion
    serving = Serving(version.version)
    drift = _drift(session, version, record, settings, now, recent)
    calibration = _calibration(session, serving, record, settings, now)
    new_outcomes, reasons = _new_outcomes(session, models, settings, now)
    moved = [drift.words] if drift.shifted else []
    moved += [calibration.words] if calibration.alarming else []
    learned_since = _learned_since(session, settings) if moved else None
    if learned_since is None:
        reasons = [*moved, *reasons]
    else:
        reasons += more_since_moved(session, settings, bool(drift.shifted), now)
    return ModelHealth(
        now,
        str(serving),
        new_outcomes,
        reasons,
        drift,
        calibration,
        record.promised,
        _shadow(session, serving, models, settings, now),
        earlier_checks(session, str(serving)),
        tuple(moved),
        learned_since,
    )


def keep_check(session: Session, health: ModelHealth, settings: Settings) -> ModelCheck:
    """Store a check. Where there are reasons, tell of them through the outbox, once a day for the
    same model: an automation of Prefect starts ``train_model``. Shadow scores of what is neither
    champion nor challenger are forgotten."""
    models = registry(settings)
    kept = (models.champion(), models.challenger())
    forget_shadows(session, {version.version for version in kept if version is not None})
    check = ModelCheck(
        checked_at=health.checked_at,
        model_version=health.serving,
        findings=health.findings(),
        reasons=health.reasons_to_train,
    )
    session.add(check)
    session.flush()
    if health.reasons_to_train:
        told = {
            "model": settings.model_name,
            "serving": health.serving,
            "check": check.id,
            "reason": health.reason,
        }
        key = f"drifted:{health.serving}:{health.checked_at:%Y-%m-%d}"
        outbox.enqueue(session, "tell_of_drift", key, told)
    audit.record(
        session,
        "monitor_model",
        "model.checked",
        f"{settings.model_name}/{health.serving}",
        {"check": check.id, "reasons": len(health.reasons_to_train)},
    )
    return check


def triggered(learned: Learned, reason: str, settings: Settings) -> Learned:
    """The challenger with why it was trained under the first line of its report, and on its MLflow
    run."""
    from models.findings import noted

    if not reason:
        return learned
    registry(settings).tag(learned.run_id, "trigger", reason)
    note = f"**Why it was trained.** {reason}"
    return replace(learned, report=noted(learned.report, note))


def _read_models(settings: Settings) -> _Models:
    models = registry(settings)
    champion, challenger = models.champion(), models.challenger()
    if challenger == champion:
        challenger = None
    return _Models(
        None if champion is None else (champion, models.record(champion)),
        None if challenger is None else (challenger, models.record(challenger)),
    )


def _check_rubric(
    session: Session, models: _Models, settings: Settings, now: datetime
) -> ModelHealth:
    """While the rubric scores: is there enough to learn from, and nothing learned that waits?"""
    from models.rubric import Rubric

    serving = Serving(Rubric.load().version, rubric=True)
    shadow = _shadow(session, serving, models, settings, now)
    if models.challenger is not None or last_training(session, settings) is not None:
        new_outcomes, reasons = _new_outcomes(session, models, settings, now)
        return ModelHealth(now, str(serving), new_outcomes, reasons, shadow=shadow)
    leads, converted = learnable(session, now, horizon(settings))
    reasons = []
    if min(converted, leads - converted) >= settings.minimum_outcomes:
        reasons.append(
            f"The expert rubric scores, and there is enough to learn from now: {converted:,} "
            f"converted and {how_many(leads - converted, 'other lead')}."
        )
    return ModelHealth(now, str(serving), leads, reasons)


def _drift(
    session: Session,
    version: "Version",
    record: "Record",
    settings: Settings,
    now: datetime,
    recent: FeatureSet | None,
) -> "Drift":
    from models.drift import measure

    reference = record.reference or _reference_anew(session, version, record, settings)
    if recent is not None:
        return measure(reference, read_set(recent), settings.drift_bound)
    moments = recent_moments(now, timedelta(days=settings.monitor_days), MOST_RECENT)
    frame = read_features(session, moments, custom_definitions(session))
    return measure(reference, frame, settings.drift_bound)


def _reference_anew(
    session: Session, version: "Version", record: "Record", settings: Settings
) -> "Reference":
    """What the leads that the model learned from looked like, read from the store again."""
    from models.reference import Reference

    data = read_training_set(session, record.learned_at, horizon(settings))
    return Reference.of(data.frame, registry(settings).load(version).features)


def _calibration(
    session: Session, serving: Serving, record: "Record", settings: Settings, now: datetime
) -> "CalibrationCheck":
    """On scores given since the model learned: of earlier ones it has seen the outcomes."""
    from models.calibration_drift import check

    found = served_scores(session, serving, record.learned_at, now, horizon(settings))
    return check(found.probability, found.converted, settings.calibration_bound)


def _new_outcomes(
    session: Session, models: _Models, settings: Settings, now: datetime
) -> tuple[int, list[str]]:
    """How many leads have matured since anything was learned, whatever came of it, and whether that
    is a reason."""
    known = [(record.learned_at, record.leads, record.left_out) for record in models.learned]
    run = last_training(session, settings)
    # Of a model that is there it is known how many it did learn from, which may be the newest only.
    if run is not None and run.version not in models.versions:
        known.append((run.began_at, run.leads, 0))
    last_at, last_leads, left_out = max(known)
    leads, converted = learnable(session, now, horizon(settings), last_at)
    share = settings.new_outcomes_share / (SOONER if left_out else 1)
    if leads < max(1, share * last_leads):
        return leads, []
    alone = ", the newest alone, as the market had changed" if left_out else ""
    return leads, [
        f"{how_many(leads, 'lead')} ({converted:,} converted) {of_number(leads, 'has')} passed the "
        "horizon since the last model "
        f"learned from {last_leads:,}{alone}."
    ]


def _learned_since(session: Session, settings: Settings) -> datetime | None:
    """When it was learned anew since what has moved was first seen; None where it was not. What
    came of that is known, and it would come of it again: there is more to learn only once there
    are more outcomes."""
    since, run = moved_since(session), last_training(session, settings)
    return run.began_at if since and run and run.began_at >= since else None


def _shadow(
    session: Session, serving: Serving, models: _Models, settings: Settings, now: datetime
) -> ShadowReport | None:
    if models.challenger is None:
        return None
    # Neither may be judged on outcomes it has learned from.
    since = max(record.learned_at for record in models.learned)
    version = models.challenger[0].version
    return shadow_report(session, serving, version, since, now, horizon(settings))
