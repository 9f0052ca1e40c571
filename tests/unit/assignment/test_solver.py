"""Nobody can give a batch out better: as many leads as possible, then the largest sum of values."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from leadflow.assignment.solver import solve as solver
from leadflow.assignment.solver.grid import ValuesNotFinite
from leadflow.assignment.solver.solve import Solution, greedy, solve
from tests.examples import examples

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Batch = tuple[Floats, Ints, Ints]
SMALL_NUMBERS = st.sampled_from([np.nan, np.nan, 0.0, 1.0, 1.0, 2.0, -3.0])
NUMBERS = st.one_of(SMALL_NUMBERS, st.floats(-1e6, 1e6, width=32))


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Values, capacities and least numbers of up to 9 leads and 5 reps, ties and gaps included."""
    leads, reps = draw(st.integers(0, 9)), draw(st.integers(0, 5))
    numbers = draw(st.sampled_from([SMALL_NUMBERS, NUMBERS]))
    values = draw(st.lists(numbers, min_size=leads * reps, max_size=leads * reps))
    capacity = draw(st.lists(st.integers(0, 4), min_size=reps, max_size=reps))
    least = draw(st.lists(st.integers(0, 3), min_size=reps, max_size=reps))
    shaped = np.array(values, dtype=np.float64).reshape(leads, reps)
    return shaped, np.array(capacity, dtype=np.int64), np.array(least, dtype=np.int64)


@pytest.fixture(params=["all pairs at once", "few pairs at a time", "tiny sample"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way the solver works through pairs, whatever the size of the batch."""
    if request.param != "all pairs at once":
        monkeypatch.setattr(solver, "ALL_AT_ONCE", 0)
        monkeypatch.setattr(solver, "EACH", 1)
        monkeypatch.setattr(solver, "MORE", 1)
        monkeypatch.setattr(solver, "CLOSE", 0.0)
        monkeypatch.setattr(solver, "SHARE", 100 if request.param == "tiny sample" else 2)
    return str(request.param)


def best_by_milp(values: Floats, capacity: Ints, least: Ints) -> tuple[int, int, float]:
    """(most leads, most leads towards the least, largest sum of values), one after the other."""
    lead, rep = np.nonzero(~np.isnan(values))
    n_reps, pairs = len(capacity), len(lead)
    if not pairs:
        return 0, 0, 0.0
    per_lead = np.zeros((len(values), pairs + n_reps))
    per_lead[lead, np.arange(pairs)] = 1
    per_rep = np.zeros((n_reps, pairs + n_reps))
    per_rep[rep, np.arange(pairs)] = 1
    met = per_rep.copy()
    met[np.arange(n_reps), pairs + np.arange(n_reps)] = -1
    held: list[Any] = [
        LinearConstraint(per_lead, -np.inf, 1),
        LinearConstraint(per_rep, -np.inf, capacity),
        LinearConstraint(met, 0, np.inf),
    ]
    bounds = Bounds(0, np.concatenate([np.ones(pairs), np.minimum(least, capacity)]))
    counted = np.concatenate([np.ones(pairs), np.zeros(n_reps)])
    towards = 1 - counted
    worth = np.concatenate([values[lead, rep], np.zeros(n_reps)])
    found = []
    for aim in (counted, towards, worth):
        answer = milp(-aim, constraints=held, bounds=bounds, integrality=np.ones(len(aim)))
        assert answer.success
        found.append(-answer.fun)
        held.append(LinearConstraint(aim, found[-1] - 1e-6, np.inf))
    return round(found[0]), round(found[1]), found[2]


def loads(solution: Solution, n_reps: int) -> Ints:
    return np.bincount(solution.rep_of[solution.rep_of >= 0], minlength=n_reps)


@settings(
    max_examples=examples(120),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batch=batches())
def test_no_assignment_is_better(way: str, batch: Batch) -> None:
    values, capacity, least = batch
    found = solve(values, capacity, least)
    load = loads(found, len(capacity))
    chosen = [(lead, rep) for lead, rep in enumerate(found.rep_of.tolist()) if rep >= 0]
    assert len(found.rep_of) == len(values)
    assert all(not np.isnan(values[pair]) for pair in chosen)
    assert (load <= capacity).all()
    most, met, worth = best_by_milp(values, capacity, least)
    assert len(chosen) == most
    assert np.minimum(load, np.minimum(least, capacity)).sum() == met
    close = 1e-6 * max(1.0, float(np.nansum(np.abs(values))))
    assert found.objective == pytest.approx(worth, abs=close)
    assert found.objective == pytest.approx(sum(values[pair] for pair in chosen))
    assert worth - close / 100 <= found.bound <= worth + close


def market(leads: int, reps: int, seed: int, scarcity: float = 1.1) -> tuple[Floats, Ints]:
    """Random values of which a third are possible."""
    rng = np.random.default_rng(seed)
    values = rng.lognormal(0, 1, (leads, 1)) * rng.random((leads, reps))
    values[rng.random((leads, reps)) < 0.67] = np.nan
    return values, np.full(reps, int(np.ceil(scarcity * leads / reps)), dtype=np.int64)


@pytest.mark.parametrize("scarcity", [0.4, 1.0, 1.3])
def test_few_pairs_at_a_time_reach_what_all_at_once_reach(
    monkeypatch: pytest.MonkeyPatch, scarcity: float
) -> None:
    values, capacity = market(1_500, 40, seed=1, scarcity=scarcity)
    least = np.arange(40) // 2
    whole = solve(values, capacity, least)
    monkeypatch.setattr(solver, "ALL_AT_ONCE", 0)
    monkeypatch.setattr(solver, "EACH", 3)
    parts = solve(values, capacity, least)
    assert (parts.rep_of >= 0).sum() == (whole.rep_of >= 0).sum()
    assert parts.objective == pytest.approx(whole.objective, rel=2e-7)
    assert parts.objective <= parts.bound <= parts.objective * (1 + 3e-7)
    assert whole.bound == pytest.approx(whole.objective, rel=1e-7)


def test_more_leads_come_before_more_value(way: str) -> None:
    values = np.array([[1e6, -5.0], [1.0, np.nan]])
    found = solve(values, np.array([1, 1]))
    assert found.rep_of.tolist() == [1, 0]
    assert found.objective == -4.0


def test_a_least_that_cannot_be_reached_is_met_as_far_as_there_are_leads(way: str) -> None:
    values = np.array([[9.0, 1.0, np.nan], [9.0, 1.0, np.nan], [9.0, np.nan, np.nan]])
    found = solve(values, np.array([3, 3, 3]), np.array([0, 3, 2]))
    assert found.rep_of.tolist() == [1, 1, 0]
    assert solve(values, np.array([3, 3, 3])).rep_of.tolist() == [0, 0, 0]


def test_a_least_beyond_the_capacity_counts_as_the_capacity(way: str) -> None:
    values = np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 3.0]])
    found = solve(values, np.array([1, 2]), np.array([5, 0]))
    assert loads(found, 2).tolist() == [1, 2]
    assert found.rep_of[2] == 1


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (3, 2)])
def test_where_nothing_is_possible_nobody_gets_anything(shape: tuple[int, int]) -> None:
    for values in (np.full(shape, np.nan), np.full(shape, np.nan, dtype=np.float32)):
        one_each = np.ones(shape[1], dtype=np.int64)
        for found in (solve(values, one_each), greedy(values, one_each)):
            assert found.rep_of.tolist() == [-1] * shape[0]
            assert found.objective == 0.0


def test_equal_leads_and_reps_get_the_same_answer_every_time(way: str) -> None:
    values = np.ones((30, 6), dtype=np.float32)
    capacity = np.full(6, 4)
    answers = {tuple(solve(values.copy(), capacity).rep_of.tolist()) for _ in range(5)}
    assert len(answers) == 1
    assert loads(solve(values, capacity), 6).tolist() == [4] * 6


def test_the_question_is_left_as_it_was(way: str) -> None:
    values, capacity = market(50, 5, seed=2)
    before = values.copy(), capacity.copy()
    solve(values, capacity, np.ones(5, dtype=np.int64))
    greedy(values, capacity)
    assert np.array_equal(values, before[0], equal_nan=True)
    assert np.array_equal(capacity, before[1])


def test_infinite_values_are_refused_in_words() -> None:
    with pytest.raises(ValuesNotFinite, match="must be finite numbers, or NaN"):
        solve(np.array([[1.0, np.inf]]), np.array([1, 1]))


@settings(max_examples=examples(60), deadline=None)
@given(batch=batches())
def test_greedy_takes_the_best_pair_that_is_left(batch: Batch) -> None:
    values, capacity, _ = batch
    found = greedy(values, capacity)
    left, room, expected = values.copy(), capacity.copy(), np.full(len(values), -1)
    left[:, room == 0] = np.nan
    while not np.isnan(left).all():
        lead, rep = np.unravel_index(np.nanargmax(left), left.shape)
        expected[lead] = rep
        room[rep] -= 1
        left[lead] = np.nan
        if room[rep] == 0:
            left[:, rep] = np.nan
    assert found.rep_of.tolist() == expected.tolist()
    assert found.objective <= np.nansum(np.abs(values)) + 1e-9
