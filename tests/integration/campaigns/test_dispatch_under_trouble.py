"""Nothing is lost and nothing arrives twice while who sends is killed, as often as
``benchmarks.dispatching`` does it, and here once."""

from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import Engine

from benchmarks import dispatch_kills, dispatch_races
from benchmarks.due_messages import prepare
from benchmarks.rows import Row
from leadflow.database.engine import get_engine
from tests.examples import LONG

pytestmark = pytest.mark.uncounted
KILLS = 10 if LONG else 1
A_KILL = 30


@pytest.fixture
def cut(store: Engine) -> Iterator[Engine]:
    """A store whose connections are cut off; new ones are made afterwards."""
    yield store
    get_engine().dispose()


def kept(rows: Sequence[Row]) -> dict[str, float]:
    """Every bound holds; the values by name."""
    assert [row.name for row in rows if row.holds is False] == []
    return {row.name: row.value for row in rows}


def test_by_a_provider_that_honours_keys_each_mail_arrives_once(cut: Engine) -> None:
    ids = prepare(cut, KILLS * A_KILL)
    found = kept(dispatch_kills.by_key(cut, ids, KILLS))
    assert found["… answers lost after acceptance"] == KILLS


def test_by_a_mail_server_none_arrives_twice_and_of_what_may_be_lost_it_is_said(
    cut: Engine,
) -> None:
    ids = prepare(cut, KILLS * A_KILL)
    found = kept(dispatch_kills.by_smtp(cut, ids, KILLS))
    assert found["by SMTP: messages that are uncertain"] >= 1


def test_whoever_sends_beside_others_sends_what_is_theirs_alone(store: Engine) -> None:
    found = kept(dispatch_races.at_once(store, prepare(store, 300), 2))
    assert found["… sends"] == 300


def test_nobody_is_claimed_after_they_said_no(store: Engine) -> None:
    ids = prepare(store, 80, "marketing")
    found = kept(dispatch_races.no_against_claim(store, ids))
    assert found["… not claimed any more"] >= 1
