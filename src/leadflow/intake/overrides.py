"""People set scores beside the model's, and leads are handed out by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from leadflow.accounts.delegation import requester
from leadflow.assignment.routing.request import Routable, hand_out
from leadflow.intake.decide import News, decide
from leadflow.intake.keyed_requests import KeyedBatch, KeyedRequest
from leadflow.intake.senders import Sender
from leadflow.intake.standings import LeadStanding, overrides_of, standings
from leadflow.leads.service import LeadMerged, LeadNotFound, lock_standing
from leadflow.scoring.overrides.schemas import OverrideIn
from leadflow.scoring.overrides.service import override
from leadflow.scoring.serving.score import LeadNotScored, current_scores
from leadflow.scoring.tables import ScoreOverride
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.scores import Scorer


@dataclass(frozen=True)
class OverrideAsked:
    """A score that somebody sets, or has set by the person it names (``override_by``)."""

    lead_id: str
    override: OverrideIn
    sender: Sender
    keyed: KeyedRequest | None = None


@dataclass(frozen=True)
class OverrideTaken:
    """The override, whether it took the place of one in force, and where the lead stands."""

    standing: LeadStanding
    override: ScoreOverride
    replaced: bool = False


def set_overrides(
    session: Session, asked: Sequence[OverrideAsked], scorer: "Scorer | None", settings: Settings
) -> list[OverrideTaken | Exception]:
    """Set scores beside the model's and hand the leads out by them: what came of each, in order, or
    why it was not (``LeadNotFound``, ``LeadMerged``, ``LeadNotScored``, ``KeyReused``,
    ``AnsweredBefore``). One that moves a score far waits for a person's agreement.

    Raises:
        ExpiryInvalid, NotYourName: one of them cannot be made; nothing was.
    """
    batch = KeyedBatch(session, [one.keyed for one in asked])
    leads, merged = lock_standing(session, sorted({one.lead_id for one in asked}))
    now = datetime.now(UTC)
    unscored = leads.keys() - current_scores(session, list(leads)).keys()
    first = {one.lead_id: one.sender for one in asked}
    news = [News(leads[lead_id], first[lead_id]) for lead_id in unscored]
    decide(session, news, scorer, now, settings)
    made: dict[int, tuple[ScoreOverride, bool]] = {}
    errors: dict[int, Exception] = {}
    for place in batch.fresh:
        one = asked[place]
        try:
            if one.lead_id not in leads:
                raise merged.get(one.lead_id) or LeadNotFound(one.lead_id)
            before = overrides_of(session, [one.lead_id], now)
            by = requester(session, one.sender.actor, one.override.override_by, now)
            own = override(session, one.lead_id, one.override, by, now, settings)
            session.refresh(own, ["person"])  # their name is said when the session has ended
        except (LeadNotFound, LeadMerged, LeadNotScored) as error:
            errors[place] = error
            continue
        made[place] = own, bool(before)
    fresh = {asked[place].lead_id for place in made}
    scores, counts = current_scores(session, list(fresh)), overrides_of(session, list(fresh), now)
    routable = [
        Routable(leads[lead_id], scores[lead_id], counts.get(lead_id), True, first[lead_id].request)
        for lead_id in sorted(fresh)
    ]
    hand_out(session, settings, routable, now)
    where = standings(session, list(leads), now)
    return batch.answers(
        errors
        | {place: OverrideTaken(where[asked[place].lead_id], *own) for place, own in made.items()}
    )
