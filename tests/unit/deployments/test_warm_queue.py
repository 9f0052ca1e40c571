"""Which waiting runs the warm worker starts, and which it drops."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from deployments.warm_queue import PLACES, PLACES_OF_A_DEPLOYMENT, Waiting, next_turn, superseded

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SWEEP, OTHER = UUID(int=1), UUID(int=2)


def run(number: int, minutes: float, deployment: UUID = SWEEP, by_schedule: bool = True) -> Waiting:
    return Waiting(UUID(int=number), deployment, NOW + timedelta(minutes=minutes), by_schedule)


def ids(*numbers: int) -> tuple[UUID, ...]:
    return tuple(UUID(int=number) for number in numbers)


def test_a_run_waits_for_its_time() -> None:
    turn = next_turn([run(10, 1), run(11, 2, OTHER)], [], NOW)
    assert (turn.start, turn.drop, turn.next_at) == ((), (), NOW + timedelta(minutes=1))
    assert next_turn([], [], NOW).next_at is None


def test_of_late_runs_of_one_schedule_only_the_newest_is_started() -> None:
    waiting = [run(10, -3), run(11, -1), run(12, -2), run(13, -5, OTHER), run(14, 1)]
    turn = next_turn(waiting, [], NOW)
    assert turn.start == ids(13, 11)
    assert turn.drop == ids(10, 12)


def test_runs_that_somebody_asked_for_are_never_dropped() -> None:
    waiting = [run(10, -3, by_schedule=False), run(11, -2, by_schedule=False), run(12, -1)]
    assert next_turn(waiting, [], NOW).start == ids(10, 11, 12)


def test_what_somebody_asked_for_comes_before_late_runs_of_schedules() -> None:
    waiting = [run(10, -60 * 24 * 7, OTHER), run(11, -1, by_schedule=False), run(12, -2)]
    assert next_turn(waiting, [], NOW).start == ids(11, 10, 12)


def test_after_a_night_or_a_week_one_run_of_each_schedule_catches_up() -> None:
    for away in (60 * 10, 60 * 24 * 7):
        late = [run(100 + minute, minute - away) for minute in range(60)]
        asked = run(300, -away, by_schedule=False)
        waiting = [*late, run(200, -away, OTHER), asked, run(400, 1)]
        dropped = superseded(waiting, NOW)
        assert set(dropped) == {each.run_id for each in late[:-1]}
        assert set(next_turn(waiting, [], NOW).start) == set(ids(159, 200, 300))


def test_runs_that_hang_keep_neither_their_successor_nor_others_away() -> None:
    waiting = [run(10, 0), run(11, 0, OTHER)]
    assert next_turn(waiting, [SWEEP], NOW).start == ids(10, 11)
    full = [SWEEP] * PLACES_OF_A_DEPLOYMENT
    turn = next_turn(waiting, full, NOW)
    assert (turn.start, turn.drop) == (ids(11), ())
    assert PLACES > PLACES_OF_A_DEPLOYMENT


def test_no_more_runs_than_there_are_places() -> None:
    waiting = [run(10 + n, 0, UUID(int=100 + n)) for n in range(PLACES + 3)]
    assert len(next_turn(waiting, [OTHER], NOW).start) == PLACES - 1
