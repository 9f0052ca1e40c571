"""Writing scores: many by one binary COPY, one by one statement."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from psycopg.errors import UniqueViolation
from sqlalchemy import text
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from leadflow.database.copying import copy_columns, driver_connection, run
from leadflow.scoring.serving.score_columns import COLUMNS, score_columns
from leadflow.scoring.serving.score_rows import DIMENSIONS, NUMBERS, ScoredLeads
from leadflow.scoring.tables import LeadScore, ScorecardUsed

if TYPE_CHECKING:
    import numpy as np

ATTEMPTS = 5
CARD = """
INSERT INTO scorecards (id, regime, model_version, features)
VALUES (%(scorecard_id)s, %(regime)s, %(model_version)s, %(features)s)
ON CONFLICT DO NOTHING
"""
# The newest moment wins: a score as of an older moment joins the history without becoming current.
# Ids travel as one text: as an array each would be looked at for what must be quoted.
IDS = "string_to_array(:lead_ids, chr(31))"
DEMOTE = f"""
UPDATE lead_scores SET is_current = false
WHERE is_current AND as_of < :as_of AND lead_id = ANY({IDS})
"""
KNOWN = f"""
SELECT lead_id, as_of, is_current FROM lead_scores
WHERE lead_id = ANY({IDS}) AND (is_current OR as_of = :as_of)
"""
SINGLE = (*COLUMNS[:3], *NUMBERS, *DIMENSIONS, *COLUMNS[14:])
NAMES = ", ".join(SINGLE)
INSERT = f"""
WITH card AS ({CARD}), demoted AS (
    UPDATE lead_scores SET is_current = false
    WHERE is_current AND as_of <= %(as_of)s AND lead_id = %(lead_id)s RETURNING 1
)
INSERT INTO lead_scores ({NAMES}, is_current)
SELECT {", ".join(f"%({name})s" for name in SINGLE)},
    (SELECT count(*) FROM demoted) > 0
    OR NOT EXISTS (SELECT FROM lead_scores WHERE is_current AND lead_id = %(lead_id)s)
ON CONFLICT DO NOTHING RETURNING is_current
"""


class ScoresKeepChanging(RuntimeError):
    """The same leads were being scored by too many others at once; score them again."""


def write_first_scores(session: Session, scored: ScoredLeads) -> None:
    """Store scores of leads that this transaction has made: nobody else can have scored them."""
    run(session, CARD, _card(scored))
    _copy(session, scored, set())


def write_scores(session: Session, scored: ScoredLeads) -> int:
    """Store the scores of many leads; returns how many. A score that a lead has as of the very
    same moment stands.

    Raises:
        ScoresKeepChanging: others scored the same leads again and again meanwhile.
    """
    if not len(scored):
        return 0
    run(session, CARD, _card(scored))
    for _ in range(ATTEMPTS):
        try:
            with session.begin_nested():
                written = _replace(session, scored)
        except UniqueViolation:
            continue  # somebody scored one of these leads between our looking and our writing
        return written
    raise ScoresKeepChanging("Others were scoring these leads at the same time. Score them again.")


def write_score(session: Session, scored: ScoredLeads) -> LeadScore:
    """Store the score of one lead and return it.

    Raises:
        ScoresKeepChanging: others scored the same lead again and again meanwhile.
    """
    for attempt in range(ATTEMPTS):
        # A lead has one score as of a moment: another one is as of a microsecond later.
        values = _rows(scored)[0] | {"as_of": scored.as_of + attempt * timedelta.resolution}
        written = driver_connection(session).execute(INSERT, _card(scored) | values).fetchone()
        if written is not None:
            score = LeadScore(**_renamed(values), is_current=written[0])
            set_committed_value(score, "scorecard", ScorecardUsed(**_card_row(scored)))
            return score
    raise ScoresKeepChanging("Others were scoring this lead at the same time. Send it again.")


def _replace(session: Session, given: ScoredLeads) -> int:
    leads = {"lead_ids": chr(31).join(given.lead_ids), "as_of": given.as_of}
    known = session.execute(text(KNOWN), leads).all()
    scored = given.without({row.lead_id for row in known if row.as_of == given.as_of})
    newer = {row.lead_id for row in known if row.is_current and row.as_of > given.as_of}
    if known:
        session.execute(text(DEMOTE), leads)
    _copy(session, scored, newer)
    return len(scored)


def _copy(session: Session, scored: ScoredLeads, newer: set[str]) -> None:
    """``newer``: leads whose current score is newer than these."""
    copy_columns(session, "lead_scores", score_columns(scored, _current(scored, newer)))


def _current(scored: ScoredLeads, newer: set[str]) -> "np.ndarray":
    import numpy as np

    return np.array([lead_id not in newer for lead_id in scored.lead_ids])


def _card(scored: ScoredLeads) -> dict[str, Any]:
    return {
        "scorecard_id": scored.scorecard_id,
        "regime": scored.regime,
        "model_version": scored.model_version,
        "features": scored.features,
    }


def _card_row(scored: ScoredLeads) -> dict[str, Any]:
    return {("id" if k == "scorecard_id" else k): v for k, v in _card(scored).items()}


def as_objects(scored: ScoredLeads) -> dict[str, LeadScore]:
    """Scores that were just written and are the current ones, by lead, without reading them."""
    card, found = ScorecardUsed(**_card_row(scored)), {}
    for values in _rows(scored):
        found[values["lead_id"]] = score = LeadScore()
        values["contribution_points"] = values.pop("contributions")
        # Past the setters, each of which remembers what was there before.
        score.__dict__.update(values, is_current=True, scorecard=card)
    return found


def _rows(scored: ScoredLeads) -> list[dict[str, Any]]:
    """The values of each score by column; taken out of the arrays all at once."""
    names = (*NUMBERS, *DIMENSIONS)
    columns = (
        scored.lead_ids,
        scored.numbers.tolist(),
        scored.contributions.tolist(),
        scored.confidence,
        scored.level,
        scored.reason_places.tolist(),
        scored.reason_texts.tolist(),
    )
    return [
        {
            "lead_id": lead_id,
            "as_of": scored.as_of,
            "scorecard_id": scored.scorecard_id,
            **dict(zip(names, numbers, strict=True)),
            "contributions": contributions,
            "confidence": confidence,
            "level": level,
            "regime": scored.regime,
            "model_version": scored.model_version,
            "reason_places": [place for place in places if place >= 0],
            "reason_texts": [words for words in said if words is not None],
        }
        for lead_id, numbers, contributions, confidence, level, places, said in zip(
            *columns, strict=True
        )
    ]


def _renamed(values: dict[str, Any]) -> dict[str, Any]:
    return {("contribution_points" if k == "contributions" else k): v for k, v in values.items()}
