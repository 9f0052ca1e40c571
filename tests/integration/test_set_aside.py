"""One lead that cannot be scored stops none of the others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.leads.changes import mark_changed
from leadflow.leads.tables import ChangedLead, Lead
from leadflow.scoring.batch import rescoring
from leadflow.scoring.batch.set_aside import bring_back
from leadflow.scoring.batch.tables import SetAsideLead
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from models.rubric import Rubric

NOW = datetime.now(UTC)


class Broken:
    """The rubric, but for leads that it cannot score."""

    def __init__(self) -> None:
        self._rubric, self.refuses = Rubric.load(), set[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rubric, name)

    def score(self, frame: Any) -> Any:
        if self.refuses & set(frame.index):
            raise ZeroDivisionError("jane@example.com")
        return self._rubric.score(frame)


@pytest.fixture
def leads(session: Session) -> list[str]:
    """Seven marked leads."""
    made = [Lead(source="api", industry="retail", created_at=NOW, known_from=NOW) for _ in range(7)]
    session.add_all(made)
    session.flush()
    ids = [lead.id for lead in made]
    mark_changed(session, ids)
    return ids


def rescore(session: Session, scorer: Broken, later: timedelta = timedelta()) -> int:
    now = NOW + later + timedelta(seconds=5)
    return rescoring.rescore_changed(session, scorer, now, get_settings(), 100)


def marked(session: Session) -> set[str]:
    return set(session.scalars(select(ChangedLead.lead_id)))


def test_a_lead_that_cannot_be_scored_is_set_aside_with_its_error_and_tried_again(
    session: Session, leads: list[str]
) -> None:
    scorer, bad = Broken(), leads[3]
    scorer.refuses = {bad}
    assert rescore(session, scorer) == 7
    assert set(session.scalars(select(LeadScore.lead_id))) == set(leads) - {bad}
    assert marked(session) == set()
    kept = session.scalars(select(SetAsideLead)).one()
    assert (kept.lead_id, kept.failures) == (bad, 1)
    assert kept.error.endswith("ZeroDivisionError")
    assert "jane" not in kept.error
    assert bring_back(session, NOW) == 0
    assert bring_back(session, NOW + timedelta(hours=1)) == 1
    rescore(session, scorer, timedelta(hours=1))
    session.refresh(kept)
    assert kept.failures == 2
    assert kept.next_try_at > NOW + timedelta(hours=1, minutes=19)
    scorer.refuses = set()
    bring_back(session, NOW + timedelta(hours=2))
    rescore(session, scorer, timedelta(hours=2))
    assert session.scalars(select(SetAsideLead)).all() == []
    assert bad in set(session.scalars(select(LeadScore.lead_id)))


def test_where_nothing_can_be_scored_no_lead_is_blamed(session: Session, leads: list[str]) -> None:
    scorer = Broken()
    scorer.refuses = set(leads)
    with pytest.raises(ZeroDivisionError):
        rescore(session, scorer)
    assert marked(session) == set(leads)
    assert session.scalars(select(SetAsideLead)).all() == []
