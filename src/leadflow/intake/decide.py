"""Decisions about leads that have news: score, audit, hand out. In this order, because others wait
from handing out until the transaction ends."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from leadflow.assignment.routing.batch_writer import Given
from leadflow.assignment.routing.request import Routable, hand_out
from leadflow.audit.queue import record_soon
from leadflow.intake.senders import Sender
from leadflow.intake.standings import (
    LeadStanding,
    Owner,
    names_of,
    outcomes_of,
    overrides_of,
    owners_of,
)
from leadflow.leads.changes import mark_changed
from leadflow.leads.tables import Lead
from leadflow.qualification.service import statuses_of
from leadflow.scoring.serving.audit_entries import Rescored, score_entries
from leadflow.scoring.serving.score import current_scores, moment_after, score_these
from leadflow.scoring.serving.score_writer import ScoresKeepChanging
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.scores import Scorer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class News:
    """A lead of which something new is known, and who said so; the caller holds its row."""

    lead: Lead
    sender: Sender
    created: bool = False


def decide(
    session: Session,
    news: Sequence[News],
    scorer: "Scorer | None",
    now: datetime,
    settings: Settings,
) -> dict[str, LeadStanding]:
    """Score these leads with what is known now, write that to the audit log and hand them out where
    their rules do so at once; where each then stands, by id, without reading it again.

    A lead that cannot be scored (``scorer`` None: no model could be loaded) keeps the score it has,
    or none, and is marked, so that the background scores it as soon as it can.
    """
    latest = {one.lead.id: one for one in news}
    if not latest:
        return {}
    ids, known = list(latest), [key for key, one in latest.items() if not one.created]
    before = current_scores(session, known) if known else {}
    as_of = moment_after(before.values(), max(now, *(one.lead.known_from for one in news)))
    scores = _score(session, scorer, ids, as_of, settings, first=not known)
    senders = {key: latest[key].sender for key in scores}
    record_soon(
        session,
        score_entries(
            Rescored(score, before.get(key), senders[key].actor.id, senders[key].request)
            for key, score in scores.items()
        ),
    )
    overrides = overrides_of(session, known, as_of) if known else {}
    counts = before | scores
    given = hand_out(
        session,
        settings,
        [
            Routable(one.lead, scores[key], overrides.get(key), not one.created, one.sender.request)
            for key, one in latest.items()
            if key in scores
        ],
        as_of,
    )
    fresh = _owners(session, given)
    if not known:
        return {
            key: LeadStanding(one.lead, scores.get(key), owner=fresh.get(key))
            for key, one in latest.items()
        }
    owners = owners_of(session, [key for key in known if key not in fresh]) | fresh
    outcomes, asked = outcomes_of(session, known), statuses_of(session, known)
    return {
        key: LeadStanding(
            one.lead,
            counts.get(key),
            overrides.get(key),
            owners.get(key),
            outcomes.get(key),
            asked.get(key, "not asked"),
        )
        for key, one in latest.items()
    }


def _owners(session: Session, given: Mapping[str, Given]) -> dict[str, Owner]:
    """Who has just been given which lead, by lead."""
    names = names_of(session, {made.rep_id for made in given.values()})
    return {
        key: Owner(made.rep_id, names[made.rep_id], made.since, made.why, made.due_at)
        for key, made in given.items()
    }


def _score(
    session: Session,
    scorer: "Scorer | None",
    lead_ids: Sequence[str],
    as_of: datetime,
    settings: Settings,
    first: bool,
) -> dict[str, LeadScore]:
    """The new scores, by lead; those that could not be scored are marked for the background."""
    scores: dict[str, LeadScore] = {}
    if scorer is not None:
        scores = _scored(session, scorer, lead_ids, as_of, settings, first)
    mark_changed(session, [lead_id for lead_id in lead_ids if lead_id not in scores])
    return scores


def _scored(
    session: Session,
    scorer: "Scorer",
    lead_ids: Sequence[str],
    as_of: datetime,
    settings: Settings,
    first: bool,
) -> dict[str, LeadScore]:
    """One lead that the model cannot score stops no other."""
    try:
        return score_these(session, scorer, lead_ids, as_of, settings, first)
    except (SQLAlchemyError, psycopg.Error, ScoresKeepChanging):
        raise  # the transaction is of no use any more
    except Exception as error:
        if len(lead_ids) == 1:
            logger.warning("%s is scored later", lead_ids[0], exc_info=error)
            return {}
    scores: dict[str, LeadScore] = {}
    for lead_id in lead_ids:
        scores |= _scored(session, scorer, [lead_id], as_of, settings, first)
    return scores
