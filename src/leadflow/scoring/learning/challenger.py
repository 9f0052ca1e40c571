"""Learning from outcomes: a challenger in MLflow, and the question whether it may serve."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.approvals.evidence import Evidence
from leadflow.approvals.service import Proposal
from leadflow.audit import service as audit
from leadflow.checks.service import refuse_where_data_fail
from leadflow.leads.files.biased_rest import biased_rest
from leadflow.scoring.feature_sets.reading import read_manifest, training_set_of
from leadflow.scoring.feature_sets.tables import FeatureSet
from leadflow.scoring.learning.challenger_report import judge
from leadflow.scoring.learning.gate_pictures import pictured
from leadflow.scoring.learning.leak_check import known_late
from leadflow.scoring.learning.opponents import Opponent, serving_opponent
from leadflow.scoring.learning.promotion import PROMOTE
from leadflow.scoring.learning.standing import (
    PROMOTION,
    NothingToDecide,
    Replaced,
    refuse_the_same,
    replaced_by,
)
from leadflow.scoring.learning.tables import TrainingRun
from leadflow.scoring.serving.champion import champion_version, registry, serving_scorer
from leadflow.scoring.serving.feature_frames import TrainingSet, read_training_set
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.recipe import Elsewhere
    from models.training import Training

Units = Callable[[], AbstractContextManager[Session]]

__all__ = [
    "Learned",
    "NothingToDecide",
    "champion_version",
    "horizon",
    "learn",
    "learn_challenger",
    "promotion",
    "register",
    "registry",
    "serving_scorer",
    "withdraw",
]


@dataclass(frozen=True)
class Learned:
    """A challenger: its version in MLflow and what a person needs to judge it.

    ``report`` is what the gate shows: the proposal first. ``leaks`` names the features that may
    know the outcome; who approves must accept each. ``needed``: the leads that are missing to tell
    whether it is better than what serves, in words; empty where it can be told. ``replaces``:
    the challenger whose place it takes. ``found``: what the training found, in lines. ``before``:
    the version that was the challenger as it was registered. ``evidence``: what the page of the
    question shows.
    """

    version: str
    run_id: str
    sha256: str
    report: str
    plots: dict[str, bytes]
    leaks: tuple[str, ...] = ()
    needed: str = ""
    replaces: Replaced | None = None
    found: tuple[str, ...] = ()
    before: str | None = None
    evidence: Evidence | None = None

    @property
    def asks(self) -> bool:
        """Whether people are to be asked: not while nothing can be told, unless they have been
        asked about the one whose place it takes."""
        return not self.needed or (self.replaces is not None and self.replaces.was_asked)


def horizon(settings: Settings) -> timedelta:
    """Within what time a lead counts as converted."""
    return timedelta(days=settings.horizon_days)


def learn(
    data: TrainingSet,
    settings: Settings,
    seed: int = 0,
    told: Callable[[str], None] = lambda words: None,
    elsewhere: "Elsewhere | None" = None,
) -> "Training":
    """Compare candidates on later data, calibrate the best, judge it beside the rubric. ``told`` is
    called with how far it is; ``elsewhere`` learns many models at once.

    Raises:
        NotEnoughOutcomes: fewer converted, or fewer other, leads than ``minimum_outcomes``.
    """
    from models.rubric import Rubric
    from models.training import train

    return train(
        data.frame,
        data.converted,
        data.moments,
        data.features,
        seed=seed,
        minimum_outcomes=settings.minimum_outcomes,
        rubric=Rubric.load(),
        ever=data.ever,
        suspicious_auc=settings.suspicious_auc,
        told=told,
        elsewhere=elsewhere,
    )


def register(
    training: "Training", settings: Settings, now: datetime, champion: Opponent | None = None
) -> Learned:
    """Log a training with its plots to MLflow, register the model as challenger, and compare it
    with the champion: by default what serves.

    Raises:
        NothingToDecide: it scores as what serves does; it is not registered.
    """
    from models.findings import findings
    from models.gate_report import write_gate_report
    from models.rubric import Rubric
    from models.training_report import write_plots, write_report

    models = registry(settings)
    before = models.alias_version("challenger")
    champion = champion or serving_opponent(settings)
    evidence = judge(training, champion, settings)
    if evidence.same:
        raise NothingToDecide(
            f"What was learned scores {how_many(len(training.judged_on.labels), 'latest lead')} as "
            f"{champion.name} does, which serves: there is nothing to decide."
        )
    report = write_gate_report(evidence, write_report(training, settings.horizon_days))
    with TemporaryDirectory() as folder:
        plots = Path(folder)
        write_plots(training, plots)
        version = models.log(
            training,
            plots,
            {"horizon_days": settings.horizon_days, "learned_at": now.isoformat()},
            Rubric.load(),
            {"gate.md": report},
        )
        images = {path.stem: path.read_bytes() for path in sorted(plots.glob("*.png"))}
    return Learned(
        version.version,
        version.run_id,
        version.sha256,
        report,
        images,
        tuple(leak.feature for leak in evidence.leaks),
        evidence.needed,
        found=findings(replace(training, leaks=tuple(evidence.leaks))),
        before=before,
        evidence=pictured(evidence, version.version),
    )


def learn_challenger(
    units: Units,
    settings: Settings,
    now: datetime,
    told: Callable[[str], None] = lambda words: None,
    kept: FeatureSet | None = None,
    elsewhere: "Elsewhere | None" = None,
) -> Learned:
    """Read the training set, learn, look for leaks, register, and audit it. ``told`` is called with
    how far it is. ``kept``: the set of features to learn from, as of its moment; else they are
    computed, as of now. ``elsewhere`` learns many models at once.

    ``units`` begins a unit of work. None is open while it learns and while MLflow registers; where
    what follows fails, the registration is undone.

    Raises:
        NotEnoughOutcomes: too few outcomes to learn from; the rubric scores meanwhile.
        DataDoNotHold: the last check of some data found what nothing should be learned from.
        BiasedRest: rows of one outcome were set aside, so that what is stored is no fair sample.
        NothingToDecide: the same was learned as serves, or as was asked about before, or nothing
            clearly better than the challenger that stands.
        SetGone: the files of the set are not there any more, or not as they were written.
    """
    from models.cannot_learn import BiasedRest
    from models.dataset import KeptSet
    from models.findings import findings, noted
    from models.leaks import named_once

    with units() as session:
        refuse_where_data_fail(session)
        rest = biased_rest(session)
        if rest is not None:
            raise BiasedRest(rest.words)
        told("Reading what is known of each lead as of its moment")
        if kept is None:
            data = read_training_set(session, now, horizon(settings))
    if kept is not None:
        data, now = training_set_of(kept), kept.as_of
    training = learn(data, settings, told=told, elsewhere=elsewhere)
    told("Keeping it in MLflow, with its report, unless it is what serves")
    champion = serving_opponent(settings)
    with units() as session:
        late = known_late(session, training.scorecard.features)
        training = replace(training, leaks=named_once([*training.leaks, *late]))
        try:
            refuse_the_same(session, training.fingerprint(), champion)
            place = replaced_by(session, training, settings)
        except NothingToDecide as error:
            error.found = findings(training)
            raise
    try:
        learned = register(training, settings, now, champion)
    except NothingToDecide as error:
        error.found = findings(training)
        raise
    note = "" if place is None else place.words
    learned = replace(learned, report=noted(learned.report, note), replaces=place)
    try:
        if kept is not None:
            noted_set = KeptSet(kept.id, kept.address, read_manifest(kept).digest)
            registry(settings).note_dataset(learned.run_id, noted_set)
        with units() as session:
            _audit(session, "model.challenger_registered", learned, settings)
    except Exception:
        _take_out(learned, settings)
        raise
    return learned


def withdraw(units: Units, learned: Learned, settings: Settings) -> None:
    """Undo what ``learn_challenger`` registered and that its training is kept, so that the next one
    begins as if there had been none."""
    _take_out(learned, settings)
    with units() as session:
        session.execute(
            delete(TrainingRun).where(
                TrainingRun.model_name == settings.model_name,
                TrainingRun.version == learned.version,
            )
        )
        _audit(session, "model.challenger_withdrawn", learned, settings)


def _take_out(learned: Learned, settings: Settings) -> None:
    models = registry(settings)
    models.withdraw(models.version(learned.version), learned.before)


def _audit(session: Session, action: str, learned: Learned, settings: Settings) -> None:
    audit.record(
        session,
        "train_model",
        action,
        f"{settings.model_name}/{learned.version}",
        {"sha256": learned.sha256, "run_id": learned.run_id, "leaks": list(learned.leaks)},
    )


def promotion(learned: Learned, settings: Settings, requested_by: str = "train_model") -> Proposal:
    """The question whether this challenger becomes the champion."""
    return Proposal(
        kind=PROMOTION,
        subject_id=f"{settings.model_name}/{learned.version}",
        act=PROMOTE,
        payload={
            "version": learned.version,
            "sha256": learned.sha256,
            "must_acknowledge": list(learned.leaks),
        },
        description=learned.report,
        requested_by=requested_by,
        evidence=learned.evidence,
    )
