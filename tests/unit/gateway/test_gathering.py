"""Requests that arrive together are worked on together, and a lone one never waits."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest
from structlog.contextvars import get_contextvars

from leadflow.gateway.http.gathering import Gathering, rounds_of
from leadflow.observability.logs import bound


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_a_lone_request_is_worked_on_at_once_and_alone(executor: Executor) -> None:
    batches: list[Sequence[int]] = []

    def double(batch: Sequence[int]) -> list[int]:
        batches.append(batch)
        return [2 * one for one in batch]

    gathering: Gathering[int, int] = Gathering(double, executor)
    assert [gathering.submit(number).result(5) for number in range(3)] == [0, 2, 4]
    assert batches == [[0], [1], [2]]


def test_what_arrives_while_a_batch_is_worked_on_is_the_next_batch(executor: Executor) -> None:
    batches: list[Sequence[int]] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow(batch: Sequence[int]) -> list[int]:
        batches.append(batch)
        begun.set()
        assert go_on.wait(5)
        return list(batch)

    gathering: Gathering[int, int] = Gathering(slow, executor, most=3)
    first = gathering.submit(0)
    assert begun.wait(5)
    others = [gathering.submit(number) for number in range(1, 6)]
    go_on.set()
    assert [one.result(5) for one in (first, *others)] == [0, 1, 2, 3, 4, 5]
    assert batches == [[0], [1, 2, 3], [4, 5]]


def test_an_error_is_its_own_requests_and_no_others(executor: Executor) -> None:
    def work(batch: Sequence[int]) -> list[int | Exception]:
        return [ValueError("odd") if one % 2 else one for one in batch]

    gathering: Gathering[int, int] = Gathering(work, executor)
    odd, even = gathering.submit(1), gathering.submit(2)
    assert even.result(5) == 2
    with pytest.raises(ValueError, match="odd"):
        odd.result(5)


def test_after_work_that_failed_whole_the_next_request_is_answered(executor: Executor) -> None:
    fails = [True]

    def work(batch: Sequence[int]) -> list[int]:
        if fails.pop() if fails else False:
            raise OSError("away")
        return list(batch)

    gathering: Gathering[int, int] = Gathering(work, executor)
    with pytest.raises(OSError, match="away"):
        gathering.submit(1).result(5)
    assert gathering.submit(2).result(5) == 2


def test_whoever_went_away_before_their_turn_is_not_worked_on(executor: Executor) -> None:
    seen: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow(batch: Sequence[int]) -> list[int]:
        seen.extend(batch)
        begun.set()
        assert go_on.wait(5)
        return list(batch)

    gathering: Gathering[int, int] = Gathering(slow, executor)
    first = gathering.submit(0)
    assert begun.wait(5)
    gone, stays = gathering.submit(1), gathering.submit(2)
    assert gone.cancel()
    go_on.set()
    assert (first.result(5), stays.result(5)) == (0, 2)
    assert seen == [0, 2]


def test_a_batch_is_worked_on_in_the_context_of_its_first_request(executor: Executor) -> None:
    """What is logged of a lone request carries its ids, wherever it is worked on."""
    seen: list[dict[str, object]] = []

    def work(asked: Sequence[int]) -> list[int]:
        seen.append(get_contextvars())
        return list(asked)

    gathering: Gathering[int, int] = Gathering(work, executor)
    with bound(request_id="req_1"):
        gathering.submit(1).result(5)
    gathering.submit(2).result(5)
    assert seen == [{"request_id": "req_1"}, {}]


def test_between_two_batches_an_event_loop_goes_round() -> None:
    """Whoever was ready in the loop is in the next batch, not in the one after."""
    seen: list[str] = []

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        between = rounds_of(loop, rounds=3)
        waiting = loop.run_in_executor(None, between)
        loop.call_soon(lambda: loop.call_soon(lambda: seen.append("second round")))
        await waiting
        assert seen == ["second round"]

    asyncio.run(scenario())


def test_nobody_waits_for_an_event_loop_that_has_ended() -> None:
    loop = asyncio.new_event_loop()
    between = rounds_of(loop)
    loop.close()
    between()


def test_an_event_loop_that_waits_for_the_last_batch_is_not_waited_for() -> None:
    """As it does when the gateway ends: each would wait for the other for ever."""

    async def scenario() -> None:
        between = rounds_of(asyncio.get_running_loop())
        with ThreadPoolExecutor(1) as pool:  # whose end blocks the loop
            pool.submit(between)

    asyncio.run(scenario())


def test_after_each_batch_others_are_let_in(executor: Executor) -> None:
    done: list[str] = []

    def work(batch: Sequence[int]) -> list[int]:
        done.append("batch")
        return list(batch)

    gathering: Gathering[int, int] = Gathering(
        work, executor, between=lambda: done.append("others")
    )
    gathering.submit(1).result(5)
    gathering.submit(2).result(5)
    executor.shutdown()
    assert done == ["batch", "others", "batch", "others"]


def test_gatherings_that_share_an_executor_take_turns() -> None:
    """A stream of leads must not keep an edit waiting for ever."""
    order: list[str] = []
    with ThreadPoolExecutor(1) as pool:

        def edit(asked: Sequence[int]) -> Sequence[int]:
            order.append("edit")
            return asked

        edits: Gathering[int, int] = Gathering(edit, pool)

        def take(asked: Sequence[int]) -> Sequence[int]:
            order.append("lead")
            if len(order) == 1:
                edits.submit(1)
            if len(order) < 4:
                leads.submit(1)
            return asked

        leads: Gathering[int, int] = Gathering(take, pool)
        leads.submit(0).result(5)
        edits.submit(2).result(5)
    assert order[:2] == ["lead", "edit"]


def test_whoever_waits_as_the_executor_ends_is_answered() -> None:
    pool = ThreadPoolExecutor(1)
    begun, go_on = threading.Event(), threading.Event()

    def slow(batch: Sequence[int]) -> Sequence[int]:
        begun.set()
        assert go_on.wait(5)
        return batch

    gathering: Gathering[int, int] = Gathering(slow, pool)
    first = gathering.submit(1)
    assert begun.wait(5)
    second = gathering.submit(2)
    pool.shutdown(wait=False)
    go_on.set()
    assert (first.result(5), second.result(5)) == (1, 2)
