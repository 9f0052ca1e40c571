"""The challenger scores beside the champion, into a table of its own that nothing acts on."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from leadflow.database.copying import copy_rows
from leadflow.scoring.levels import level
from leadflow.scoring.serving.champion import NamedScorer, load_named, registry
from leadflow.scoring.serving.tables import ShadowScore
from leadflow.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from models.scores import Scorer

COLUMNS = ("lead_id", "as_of", "model_version", "points", "total_score", "probability", "level")
STAGE = (
    "CREATE TEMP TABLE IF NOT EXISTS new_shadow_scores (LIKE shadow_scores) ON COMMIT DELETE ROWS"
)
INSERT = "INSERT INTO shadow_scores SELECT * FROM new_shadow_scores ON CONFLICT DO NOTHING"
logger = logging.getLogger(__name__)


def shadow_named(settings: Settings) -> NamedScorer | None:
    """The registered challenger, or None where there is none or it serves already."""
    models = registry(settings)
    challenger = models.challenger()
    if challenger is None or challenger == models.champion():
        return None
    return NamedScorer(challenger)


def shadow_scorer(settings: Settings) -> "Scorer | None":
    """That challenger, loaded.

    Raises:
        ModelAltered: its files are not those that were registered.
    """
    named = shadow_named(settings)
    return None if named is None else load_named(settings, named)


def write_shadow(
    session: Session,
    scorer: "Scorer",
    frame: "pd.DataFrame",
    as_of: datetime,
    settings: Settings,
) -> int:
    """Score a frame of features (as ``read_features`` gives it) and keep that; returns how many.

    A challenger that cannot score these leads never stops the champion: it is logged, and 0.
    """
    try:
        with session.begin_nested():
            session.execute(text(STAGE))
            session.execute(text("TRUNCATE new_shadow_scores"))
            rows = _rows(scorer, frame, as_of, settings)
            written = copy_rows(session, "new_shadow_scores", COLUMNS, rows)
            session.execute(text(INSERT))
    except Exception as error:
        logger.warning("challenger %s did not score", scorer.version, exc_info=error)
        return 0
    return written


def forget_shadows(session: Session, versions: set[str]) -> int:
    """Delete the shadow scores of every model but these; returns how many."""
    gone = session.execute(delete(ShadowScore).where(ShadowScore.model_version.not_in(versions)))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _rows(
    scorer: "Scorer", frame: "pd.DataFrame", as_of: datetime, settings: Settings
) -> Iterator[tuple[Any, ...]]:
    scores = scorer.score(frame.drop(columns="as_of", errors="ignore"))
    columns = zip(frame.index, scores.points, scores.total, scores.probability, strict=True)
    for lead_id, points, total, probability in columns:
        yield (
            lead_id,
            as_of,
            scores.version,
            float(points),
            float(total),
            float(probability),
            level(float(total), settings),
        )
