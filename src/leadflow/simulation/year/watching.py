"""A day of the model that serves: leads are scored, it is watched, another is learned where there
is a reason, people are asked, and what they approve serves. By the functions that the flows call.

People decide here by a rule, which is no person's judgement: they approve what the report proposes
to approve, on the day they are asked, and reject everything else.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from features.moments import these_leads
from leadflow.accounts.people import add_person
from leadflow.accounts.tables import Person
from leadflow.approvals import service as approvals
from leadflow.approvals.tables import Approval
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning.challenger import Learned, promotion
from leadflow.scoring.learning.promotion import promote
from leadflow.scoring.learning.standing import PROMOTION
from leadflow.scoring.monitoring.model_check import check_model, keep_check
from leadflow.scoring.monitoring.retraining import retrain
from leadflow.scoring.monitoring.ripened import ask_once_told
from leadflow.scoring.serving.champion import serving_scorer
from leadflow.scoring.serving.score import score_leads
from leadflow.scoring.serving.shadow import shadow_scorer
from leadflow.settings import Settings
from leadflow.simulation.year.happened import Happened

if TYPE_CHECKING:
    from models.scores import Scorer

APPROVED = "# Proposed: approve"


@dataclass
class Watch:
    """What serves and what scores in its shadow, and what has happened to them so far."""

    settings: Settings
    serving: "Scorer"
    shadow: "Scorer | None" = None
    happened: list[Happened] = field(default_factory=list)

    def a_day(self, day: int, came: list[str], now: datetime) -> None:
        """Score who came, watch, learn and ask, as of the end of a day of the year."""
        with unit_of_work() as session:
            moments = these_leads(now, came)
            score_leads(session, self.serving, moments, now, self.settings, self.shadow)
        with unit_of_work() as session:
            health = check_model(session, self.settings, now)
            keep_check(session, health, self.settings)
            ask_once_told(session, self.settings, now)
        if health.shadow is not None and health.shadow.challenger_metrics is not None:
            self._note(day, "shadow", health.shadow.words, once=True)
        if health.reasons_to_train:
            self._learn(day, now, health.reason)
        self._decide(day, now)

    def _learn(self, day: int, now: datetime, reason: str) -> None:
        learned = retrain(self.settings, now, reason)
        if not isinstance(learned, Learned):
            self._note(day, "training", f"{reason} {learned.title}. {learned.why}")
            return
        headline = learned.report.splitlines()[0].removeprefix("# ")
        self._note(day, "training", f"{reason} Version {learned.version}. {headline}.")
        if learned.asks:
            with unit_of_work() as session:
                approvals.propose(session, promotion(learned, self.settings), now)
        self._load()

    def _decide(self, day: int, now: datetime) -> None:
        with unit_of_work() as session:
            for approval in _waiting(session):
                approve = approval.description.startswith(APPROVED)
                _settle(session, approval, approve, now)
                said = approval.description.splitlines()[0].removeprefix("# ")
                self._note(day, "gate", f"{'Approved' if approve else 'Rejected'}. {said}.")
                if approve:
                    promote(session, self.settings, {"approval_id": approval.id}, now)
                    self._note(day, "promotion", f"Version {approval.payload['version']} serves.")
        self._load()

    def _load(self) -> None:
        self.serving, self.shadow = serving_scorer(self.settings), shadow_scorer(self.settings)

    def _note(self, day: int, kind: str, words: str, *, once: bool = False) -> None:
        """``once``: one line for each challenger."""
        subject = "" if self.shadow is None else self.shadow.version
        noted = Happened(day, kind, words, subject if once else "")
        if once and any((one.kind, one.about) == (kind, subject) for one in self.happened):
            return
        self.happened.append(noted)


def _waiting(session: Session) -> list[Approval]:
    found = select(Approval).where(Approval.kind == PROMOTION, Approval.status == "waiting")
    return list(session.scalars(found))


def _settle(session: Session, approval: Approval, approve: bool, now: datetime) -> None:
    """Decide as one made-up person of each level's role after the other."""
    while approval.status == "waiting":
        role = approval.roles_now[0]
        name = f"rule_{role}"
        person = session.scalars(select(Person).where(Person.username == name)).first()
        person = person or add_person(session, name, "A rule", [role], "simulation")
        vote: approvals.Vote = "approve" if approve else "reject"
        reason = "By the rule of the simulation: what the report proposes."
        if not approvals.decide(session, approval.id, vote, person, reason, now, "api").counted:
            raise RuntimeError(f"The rule could not decide on {approval.id}.")
        session.flush()
