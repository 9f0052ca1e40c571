"""The best way to give leads out over given pairs: a flow of least cost through a network."""

from dataclasses import dataclass

import numpy as np

from leadflow.assignment.solver.grid import Grid, IntArray
from leadflow.assignment.solver.pairs import Pairs


class FlowNotSolved(RuntimeError):
    """The network could not be solved, though one with “nobody” for every lead always can."""

    def __init__(self, status: object) -> None:
        super().__init__(
            f"The assignment network ended as {status}. Assign in smaller batches, and report it."
        )


@dataclass(frozen=True)
class Places:
    """What each rep may and should get; both (n_reps,), 0 ≤ least ≤ capacity."""

    capacity: IntArray
    least: IntArray


def best_flow(pairs: Pairs, places: Places, n_leads: int, grid: Grid, copies: int = 1) -> IntArray:
    """How often each pair is used, (n_pairs,), so that gains and prizes add up to the most.

    Every lead comes ``copies`` times. Nodes are the leads, the reps and one end; nobody is an arc
    from the lead to the end that forgoes a prize, and a rep's first ``least`` leads leave by an
    arc that earns one. Solved by cost scaling (Goldberg and Tarjan, 1990) in OR-tools.

    Raises:
        FlowNotSolved: numbers beyond 63 bits.
    """
    from ortools.graph.python import min_cost_flow

    n_reps = len(places.capacity)
    end = n_leads + n_reps
    leads, reps = np.arange(n_leads), n_leads + np.arange(n_reps)
    network = min_cost_flow.SimpleMinCostFlow()

    def arcs(tail: IntArray, head: IntArray | int, capacity: IntArray | int, cost: object) -> None:
        network.add_arcs_with_capacity_and_unit_cost(
            tail, *(np.broadcast_to(np.asarray(x), tail.shape) for x in (head, capacity, cost))
        )

    arcs(pairs.lead, n_leads + pairs.rep, copies, grid.top - pairs.gain)
    arcs(leads, end, copies, grid.top + grid.prize)
    arcs(reps, end, places.capacity - places.least, 0)
    some = places.least > 0
    arcs(reps[some], end, places.least[some], -grid.prize)
    supply = np.repeat([copies, 0, -copies * n_leads], [n_leads, n_reps, 1])
    network.set_nodes_supplies(np.arange(end + 1), supply)
    status = network.solve()
    if status != network.OPTIMAL:
        raise FlowNotSolved(status)
    used: IntArray = network.flows(np.arange(len(pairs.lead))).astype(np.int64)
    return used
