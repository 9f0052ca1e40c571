"""When it is learned again after the market has changed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from leadflow.leads.tables import Lead, Outcome
from leadflow.scoring.learning.tables import TrainingRun
from leadflow.scoring.monitoring.after_a_change import more_since_moved
from leadflow.scoring.monitoring.tables import ModelCheck
from leadflow.settings import get_settings

MOVED = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = timedelta(days=1)


@pytest.fixture
def changed(session: Session) -> Session:
    """A store in which leads have looked different since a day, on which it was learned at once;
    ten leads a day come, four of which convert."""
    session.add(_check(MOVED - DAYS, []))
    session.add(_check(MOVED, ["Recent leads differ."]))
    session.add(_training(MOVED))
    for day in range(-80, 400):
        leads = [_lead(MOVED + day * DAYS + timedelta(hours=1 + number)) for number in range(10)]
        session.add_all(leads)
        session.flush()
        session.add_all(_converted(lead) for lead in leads[:4])
    session.flush()
    return session


def _lead(came: datetime) -> Lead:
    return Lead(source="test", created_at=came, known_from=came)


def _converted(lead: Lead) -> Outcome:
    end = lead.created_at + 80 * DAYS
    return Outcome(lead_id=lead.id, outcome="converted", occurred_at=end, source="test")


def _check(at: datetime, moved: list[str], serving: str = "model 1") -> ModelCheck:
    return ModelCheck(
        checked_at=at, model_version=serving, findings={"moved": moved}, reasons=moved
    )


def _training(at: datetime) -> TrainingRun:
    name = get_settings().model_name
    return TrainingRun(model_name=name, began_at=at, leads=10, ended_as="nothing_to_decide")


def reasons(session: Session, day: int, leads_moved: bool = True) -> list[str]:
    return more_since_moved(session, get_settings(), leads_moved, MOVED + day * DAYS)


def test_it_waits_for_outcomes_of_leads_from_after_the_change(changed: Session) -> None:
    assert reasons(changed, 60) == []
    assert reasons(changed, 120) == []
    (why,) = reasons(changed, 260)
    assert "from after the change" in why
    assert "the last training knew 0 of them" in why


def test_after_that_it_waits_until_they_are_twice_as_many(changed: Session) -> None:
    changed.add(_training(MOVED + 260 * DAYS))
    changed.flush()
    assert reasons(changed, 275) == []
    (why,) = reasons(changed, 470)
    assert "the last training knew 0 of them" not in why


def test_a_change_that_outcomes_show_was_before_those_leads_came(changed: Session) -> None:
    # Seen on day 0, of leads whose outcomes were not known then.
    assert reasons(changed, 260, leads_moved=False) != []


def test_a_change_was_before_it_could_be_seen(changed: Session) -> None:
    # Some 400 of those looked at in the 30 days before and the 70 after it was seen converted.
    assert reasons(changed, 145) == []
    assert reasons(changed, 180) != []


def test_that_another_model_serves_since_begins_nothing_anew(changed: Session) -> None:
    changed.add(_check(MOVED + 100 * DAYS, ["Recent leads differ."], "model 2"))
    changed.flush()
    assert reasons(changed, 200) != []


def test_once_what_serves_knows_the_change_it_is_over(changed: Session) -> None:
    changed.add(_check(MOVED + 100 * DAYS, [], "model 2"))
    changed.flush()
    assert reasons(changed, 260) == []


def test_nothing_moved_is_no_reason(session: Session) -> None:
    session.add(_training(MOVED))
    session.flush()
    assert reasons(session, 260) == []
