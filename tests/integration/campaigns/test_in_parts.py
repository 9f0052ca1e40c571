"""Where many enrolments are due they are taken on in parts at once, each once."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from leadflow.consent.may_send import STRICT
from tasks.parts import take_all_on
from tests.integration.campaigns.running import NAME, enrol, enrolments, hand_over, launch, planned
from tests.integration.campaigns.test_counts import counted, kept
from tests.integration.workflow import acting


def test_in_parts_each_enrolment_is_taken_on_once_and_none_is_left(store: Engine) -> None:
    launch()
    for number in range(23):
        enrol(acting.take(email=f"n{number}@example.com"))
    done = take_all_on(NAME, 1, STRICT, lambda: datetime.now(UTC), most=4)
    assert (done.looked_at, done.planned) == (23, 23)
    assert planned() == [("hello", "planned")] * 23
    assert {(one.node, one.ended_as) for one in enrolments()} == {(1, None)}
    assert kept() == counted()

    hand_over()
    last = take_all_on(NAME, 1, STRICT, lambda: datetime.now(UTC) + timedelta(days=3), most=4)
    assert last.planned == 23
    assert last.ended.total() == 23
    assert kept() == counted()
