"""The challenger that stands: nobody has decided on it yet, and it scores in the shadow meanwhile.

A newer one takes its place only where it is clearly better on leads that neither had learned from.
Else each training would void the question that waits, and no shadow would ever be long enough to
tell anything.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.approvals.tables import Approval
from leadflow.scoring.learning.challenger_report import judge
from leadflow.scoring.learning.opponents import Opponent, opponent
from leadflow.scoring.serving.champion import registry
from leadflow.settings import Settings
from models.refused import ModelAltered, NoSuchVersion

if TYPE_CHECKING:
    from models.training import Training

PROMOTION = "model_promotion"


class NothingToDecide(RuntimeError):
    """What was learned is what serves, or has been asked about, or is not better than the
    challenger that stands: nobody is asked. ``approval_id`` is the question about that which waits,
    if one does; ``found`` what the training found, in lines."""

    def __init__(self, why: str, approval_id: str | None = None) -> None:
        super().__init__(why)
        self.approval_id = approval_id
        self.found: tuple[str, ...] = ()


@dataclass(frozen=True)
class StandingChallenger:
    """A challenger on which nobody has decided, and the question about it, if it waits already."""

    version: str
    approval_id: str | None

    @property
    def words(self) -> str:
        """How it stands."""
        if self.approval_id is None:
            return f"Version {self.version} scores in the shadow until more can be told of it"
        return f"Version {self.version} waits for people (approval {self.approval_id})"


@dataclass(frozen=True)
class Replaced:
    """In words, whose place a challenger takes and why, and whether people had been asked about
    that one."""

    words: str
    was_asked: bool


def standing_challenger(session: Session, settings: Settings) -> StandingChallenger | None:
    """The version that people are asked about; else the challenger, unless it serves or was decided
    on: approved, rejected, or left undecided until the question expired. None where there is
    none."""
    models = registry(settings)
    asked = waiting_promotion(session, settings)
    if asked is not None:
        return StandingChallenger(asked.payload["version"], asked.id)
    version = models.alias_version("challenger")
    if version is None or version == models.alias_version("champion"):
        return None
    last = session.scalars(
        select(Approval)
        .where(
            Approval.kind == PROMOTION, Approval.subject_id == f"{settings.model_name}/{version}"
        )
        .order_by(Approval.requested_at.desc(), Approval.id.desc())
        .limit(1)
    ).first()
    on_its_way = last is not None and last.status == "approved" and last.carried_out_at is None
    return StandingChallenger(version, None) if last is None or on_its_way else None


def waiting_promotion(session: Session, settings: Settings) -> Approval | None:
    """The question about a version of this model that waits for people."""
    of_it = Approval.subject_id.startswith(f"{settings.model_name}/", autoescape=True)
    return session.scalars(
        select(Approval).where(Approval.kind == PROMOTION, Approval.status == "waiting", of_it)
    ).first()


def replaced_by(session: Session, training: "Training", settings: Settings) -> Replaced | None:
    """The challenger that stands and that this training is clearly better than; None where none
    stands.

    Raises:
        NothingToDecide: it is not better, or only by what looks like a leak: the one that stands
            stays.
    """
    from models.gate_report import proposal

    standing = standing_challenger(session, settings)
    if standing is None:
        return None
    asked = standing.approval_id is not None
    try:
        other = opponent(registry(settings), standing.version)
    except (ModelAltered, NoSuchVersion):
        words = f"It takes the place of version {standing.version}, whose files are gone."
        return Replaced(words, asked)
    found = judge(training, other, settings)
    if found.comparison is None or proposal(found) != "approve":
        raise NothingToDecide(
            f"{standing.words}, and stays. What was learned now would take its place if it were "
            f"clearly better and free of leaks. Held against it: {found.verdict}.",
            standing.approval_id,
        )
    ranked = found.comparison.auc
    return Replaced(
        f"**It takes the place of an earlier challenger.** {standing.words}. On the same leads the "
        f"new one is clearly better (AUC {ranked.challenger:.3f} against {ranked.champion:.3f}, "
        f"gain {ranked.low:+.3f} to {ranked.high:+.3f}).",
        asked,
    )


def refuse_the_same(session: Session, sha256: str, champion: Opponent) -> None:
    """See that a scorecard with these files is neither what serves nor one that people have been
    asked about: the same was learned from the same leads, and the answer to it stands.

    Raises:
        NothingToDecide: it is; saying which.
    """
    if sha256 == champion.sha256:
        raise NothingToDecide(
            f"What was learned is to the last figure {champion.name}, which serves: there is "
            "nothing to decide."
        )
    asked = session.scalars(
        select(Approval)
        .where(
            Approval.kind == PROMOTION,
            Approval.payload["sha256"].astext == sha256,
            Approval.status.in_(("waiting", "rejected")),
        )
        .order_by(Approval.requested_at.desc())
    ).first()
    if asked is not None:
        said = "waits for people" if asked.status == "waiting" else "has been rejected"
        raise NothingToDecide(
            f"What was learned is to the last figure version {asked.payload['version']}, which "
            f"{said} (approval {asked.id}): nobody is asked again.",
            asked.id if asked.status == "waiting" else None,
        )
