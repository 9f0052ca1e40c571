"""Loading of the champion, only as it was approved.

The alias ``champion`` in MLflow says what should serve, the record of serving what was approved to.
A model serves only where the two agree and its files are those that were approved.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from leadflow.database.cluster import locate
from leadflow.database.engine import unit_of_work
from leadflow.scoring.serving.champion_alias import RegistryAway, champion_version
from leadflow.scoring.serving.serving_record import (
    approvals_of,
    remember_rubric,
    rubric_at,
    served_at,
    serving_now,
    take_turns,
)
from leadflow.settings import Settings
from models.refused import ModelAltered, NoSuchVersion

if TYPE_CHECKING:
    from models.registry import Registry, Version
    from models.scores import Scorer

__all__ = [
    "RUBRIC",
    "NamedScorer",
    "RegistryAway",
    "VersionNotApproved",
    "approved_champion",
    "champion_version",
    "load_named",
    "named_at",
    "registry",
    "scorer_at",
    "scorer_instead",
    "serving_named",
    "serving_scorer",
]
RUBRIC = "rubric"


class VersionNotApproved(RuntimeError):
    """The champion alias names a version that was not approved to serve now; it is refused."""


class VersionGone(VersionNotApproved):
    """The version that was approved to serve is no longer in the registry, or its files are not."""


@dataclass(frozen=True)
class NamedScorer:
    """What scores, in a few words that go to another process, which loads it there: a version, with
    the fingerprint that its files must have; or where that is None a rubric, as it is written."""

    version: "Version | None"
    rubric: str = ""


REFUSALS = (VersionNotApproved, ModelAltered, NoSuchVersion)


def registry(settings: Settings) -> "Registry":
    """The model registry of this installation; it talks to MLflow's database directly.

    Raises:
        RegistryAway: that database does not answer.
    """
    from models.registry import Registry

    champion_version(settings)
    return Registry(
        tracking_uri=locate(settings).mlflow.render_as_string(hide_password=False),
        artifact_root=str(settings.home / "mlartifacts"),
        model_name=settings.model_name,
    )


def serving_scorer(settings: Settings, *, remember: bool = True) -> "Scorer":
    """What scores leads now, loaded: see ``serving_named``.

    Raises:
        VersionNotApproved: the alias was moved past the gate.
        VersionGone: the champion is no longer in the registry.
        ModelAltered: the champion's files are not those that were approved.
    """
    return load_named(settings, serving_named(settings, remember=remember))


def serving_named(settings: Settings, *, remember: bool = True) -> NamedScorer:
    """What scores leads now: the champion, or the rubric where no model has been promoted. That
    this rubric is in use from now on is written down, unless whoever asks only looks.

    Raises:
        VersionNotApproved: the alias was moved past the gate.
        VersionGone: the champion is no longer in the registry.
    """
    from models.rubric import Rubric

    with unit_of_work() as session:
        take_turns(session, reading=True)
        if champion_version(settings) is None and serving_now(session, settings.model_name) is None:
            rubric = Rubric.load()
            if remember:
                remember_rubric(session, rubric.version, rubric.content, datetime.now(UTC))
            return NamedScorer(None, rubric.content)
        champion = approved_champion(session, registry(settings))
    return NamedScorer(champion, "" if champion is not None else Rubric.load().content)


def load_named(settings: Settings, named: NamedScorer) -> "Scorer":
    """The scorer of that name.

    Raises:
        ModelAltered: its files are not those of that name.
    """
    from models.rubric import Rubric

    if named.version is None:
        return _warm(Rubric.parse(named.rubric))
    return _warm(registry(settings).load(named.version))


def scorer_instead(settings: Settings, error: Exception) -> "Scorer | None":
    """What scores where what should serve cannot be loaded. The rubric, where it serves anyway or
    the model is refused or gone, for then it comes back only when a person does something; None
    where the registry does not answer, for then the model comes back with it."""
    from models.rubric import Rubric

    if not isinstance(error, REFUSALS):
        with unit_of_work() as session:
            if serving_now(session, settings.model_name) is not None:
                return None
    return _warm(Rubric.load())


def scorer_at(settings: Settings, moment: datetime) -> "Scorer":
    """What scored leads at a past moment, loaded: see ``named_at``.

    Raises:
        ModelAltered: that version's files are not those that were approved.
    """
    return load_named(settings, named_at(settings, moment))


def named_at(settings: Settings, moment: datetime) -> NamedScorer:
    """What scored leads at a past moment: the version that served then, or the rubric as it was."""
    from models.rubric import Rubric

    models = registry(settings)
    with unit_of_work() as session:
        found, written = served_at(session, moment, models.name), rubric_at(session, moment)
    if found is None:
        return NamedScorer(None, written or Rubric.load().content)
    version, sha256 = found
    return NamedScorer(replace(models.version(version), sha256=sha256))


def approved_champion(session: Session, models: "Registry") -> "Version | None":
    """The champion with the fingerprint recorded at its approval; None where the rubric serves.

    Raises:
        VersionNotApproved: alias and record differ.
    """
    take_turns(session, reading=True)
    champion, recorded = models.champion(), serving_now(session, models.name)
    named = None if champion is None else champion.version
    approved = None if recorded is None else recorded.version
    if approved is not None and not models.holds(approved):
        raise _gone(session, models, approved)
    if named != approved:
        raise VersionNotApproved(
            f"The alias champion of {models.name} names {_words(named)}, but what was approved to "
            f"serve is {_words(approved)}. Propose it at the gate (leadflow models promote "
            f"VERSION) or set it right: {_roll_back_to(approved or RUBRIC)}"
        )
    if champion is None or recorded is None:
        return None
    return replace(champion, sha256=recorded.sha256)


def _gone(session: Session, models: "Registry", version: str) -> VersionGone:
    """That it is gone, and the newest approved version that is not."""
    others = (row.version for row in approvals_of(session, models.name))
    target = next((one for one in others if one != version and models.holds(one)), RUBRIC)
    return VersionGone(
        f"Version {version} of {models.name}, which was approved to serve, or its files, are no "
        f"longer in MLflow. Let another serve: {_roll_back_to(target)}"
    )


def _roll_back_to(version: str) -> str:
    return f'leadflow models rollback {version} --reason "why"'


def _words(version: str | None) -> str:
    return "the expert rubric" if version is None else f"version {version}"


def _warm(scorer: "Scorer") -> "Scorer":
    """The scorer, after it has scored a lead of whom nothing is known, so that the first real one
    does not wait for what a model loads when it is first used."""
    import pandas as pd

    scorer.score(pd.DataFrame({feature.name: [None] for feature in scorer.features}))
    return scorer
