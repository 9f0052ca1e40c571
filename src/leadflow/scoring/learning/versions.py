"""The versions of the model: which there are, how two compare, proposing one, going back."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.checks.service import refuse_where_data_fail
from leadflow.scoring.learning import challenger_report
from leadflow.scoring.learning.challenger import Learned, horizon
from leadflow.scoring.learning.fair_leads import later_leads
from leadflow.scoring.learning.gate_pictures import pictured
from leadflow.scoring.learning.leak_check import known_late
from leadflow.scoring.learning.opponents import Opponent, opponent, serving_opponent
from leadflow.scoring.learning.standing import NothingToDecide, waiting_promotion
from leadflow.scoring.serving.champion import registry
from leadflow.scoring.serving.feature_frames import TrainingSet, read_training_set
from leadflow.scoring.serving.serving_record import approved_versions, serving_now
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.gate_report import Evidence
    from models.leak import Leak
    from models.refitting import Refitting
    from models.registry import TrainingFacts
    from models.scores import Scorer


# The share of all leads that is compared on where too few are later than what was learned from.
NEWEST = 0.2


class CannotCompare(RuntimeError):
    """There is nothing to compare the versions on."""


@dataclass(frozen=True)
class ListedVersion:
    """A version with what it is now: ``champion``, ``challenger``, ``approved``, or several."""

    facts: "TrainingFacts"
    standing: tuple[str, ...]


def listed(session: Session, settings: Settings, most: int) -> list[ListedVersion]:
    """The newest versions, newest first."""
    models = registry(settings)
    approved = approved_versions(session, models.name)
    serving = serving_now(session, models.name)
    result = []
    for facts in models.facts(most):
        number = facts.version.version
        standing = list(facts.aliases)
        if number in approved:
            standing.append("approved")
        if "champion" in standing and (serving is None or serving.version != number):
            standing[standing.index("champion")] = "champion by hand, refused"
        result.append(ListedVersion(facts, tuple(standing)))
    return result


def compare_versions(
    session: Session, settings: Settings, one: str, other: str, now: datetime
) -> "Evidence":
    """Two versions (a number, ``champion``, ``challenger`` or ``rubric``) on the same leads: the
    newest whose horizon has passed, later than both learned from where there are enough. Else
    there is a verdict only where their recipes differ: both learn anew from the same past.

    Raises:
        NoSuchVersion: there is no such version.
        CannotCompare: no lead's horizon has passed, or all ended alike.
    """
    models = registry(settings)
    return _compare(
        session, settings, opponent(models, one), opponent(models, other), now, with_leaks=False
    )


def restate(session: Session, settings: Settings, number: str, now: datetime) -> Learned:
    """A registered version as a challenger anew: beside what serves now, on today's leads.

    Raises:
        NoSuchVersion: there is no such version.
        ModelAltered: its files are not those that were registered.
        CannotCompare: no lead's horizon has passed, or all ended alike.
        NothingToDecide: it is what serves.
        DataDoNotHold: the last check of some data stops promotion.
    """
    from models.findings import noted
    from models.gate_report import write_gate_report

    refuse_where_data_fail(session)
    models = registry(settings)
    version = models.version(number)
    champion, challenger = serving_opponent(settings), opponent(models, number)
    if champion.sha256 == version.sha256:
        raise NothingToDecide(
            f"Version {number} has the very files of the {champion.name}, which serves: there is "
            "nothing to decide."
        )
    evidence = _compare(session, settings, champion, challenger, now, with_leaks=True)
    leaks = tuple(leak.feature for leak in evidence.leaks)
    waits = waiting_promotion(session, settings)
    note = (
        ""
        if waits is None
        else f"It takes the place of the question about version {waits.payload['version']} "
        f"(approval {waits.id}), which waits."
    )
    report = noted(write_gate_report(evidence), note)
    return Learned(
        version.version,
        version.run_id,
        version.sha256,
        report,
        {},
        leaks,
        evidence.needed,
        evidence=pictured(evidence, version.version),
    )


def _compare(
    session: Session,
    settings: Settings,
    champion: Opponent,
    challenger: Opponent,
    now: datetime,
    *,
    with_leaks: bool,
) -> "Evidence":
    from models.copies import find_copies
    from models.segments import segments

    data = read_training_set(session, now, horizon(settings))
    if not 0 < data.converted.sum() < len(data.converted):
        raise CannotCompare(
            "No leads to compare on: some must have passed their horizon of "
            f"{how_many(settings.horizon_days, 'day')}, some of them converted and some not."
        )
    leaks = _leaks(session, challenger.scorer, data, settings) if with_leaks else ()
    judged = later_leads(data.frame, data.converted, data.moments, [champion, challenger], NEWEST)
    theirs, ours = (
        challenger_report.score(one.scorer, judged.frame).probability
        for one in (champion, challenger)
    )
    features = [f for f in challenger.scorer.features if f.name in data.frame]
    units = find_copies(data.frame, data.converted, features)
    if judged.needed:
        refitting = _refitting(data)
        refitted = challenger_report.refit(refitting, champion, challenger)
        if refitted is not None:
            judged, (theirs, ours) = refitted
            units = refitting.recipe.units[refitting.latest]
    found = segments(judged.frame, judged.labels, ours, features)
    return challenger_report.evidence(
        champion, challenger.scorer, judged, (theirs, ours), leaks, found, settings, units
    )


def _refitting(data: TrainingSet) -> "Refitting":
    """The training set of now, to learn recipes from anew."""
    from models.recipe import Recipe
    from models.refitting import Refitting
    from models.rubric import Rubric

    recipe = Recipe.of(data.frame, data.converted, data.moments, data.features, 0)
    return Refitting.of(recipe, Rubric.load())


def _leaks(
    session: Session, scorer: "Scorer", data: TrainingSet, settings: Settings
) -> "tuple[Leak, ...]":
    """Features the version looks at that may know the outcome, on today's leads."""
    from models.leaks import find_leaks, named_once

    features = [feature for feature in scorer.features if feature.name in data.frame]
    found = find_leaks(
        data.frame,
        data.converted,
        features,
        data.moments,
        ever=data.ever,
        suspicious_auc=settings.suspicious_auc,
    )
    return named_once([*found, *known_late(session, features)])
