"""The optimal assignment of a whole batch, beside greedy and a general LP solver.

Each way runs in a process of its own that may use one core only and makes the batch itself; time
is that of the call alone, building the network and loading OR-tools included.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np
from rich.console import Console

from benchmarks.assignment_instances import batch
from benchmarks.rows import Row
from leadflow.assignment.solver.grid import FloatMatrix, IntArray
from leadflow.assignment.solver.solve import greedy, solve

SMALL, LARGE = (10_000, 200), (100_000, 1_000)
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
MIB = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """One way on one batch: seconds of the call, peak MiB of the process, sum of values, proof."""

    seconds: float
    peak: float
    objective: float
    bound: float
    given: int
    eligible: int


def rows(console: Console) -> list[Row]:
    """Time, quality and memory on 10,000 leads × 200 reps and on 100,000 × 1,000."""
    ways = [("solve", SMALL), ("greedy", SMALL), ("highs", SMALL), ("solve", LARGE)]
    found = []
    for way, size in [*ways, ("greedy", LARGE)]:
        console.print(f"{way}: {size[0]:,} leads × {size[1]:,} reps, one core …")
        found.append(_apart(way, *size))
    ours, quick, highs, large, large_quick = found
    optimum, greedys = highs.objective, "greedy"
    small, big = "10,000 × 200", "100,000 × 1,000"
    return [
        Row(
            f"optimal {small}, one core",
            ours.seconds,
            "s",
            None,
            1.5,
            "HiGHS LP, interior point",
            highs.seconds,
        ),
        Row(f"optimal {small}, one core", ours.seconds, "s", None, 1.5, greedys, quick.seconds),
        _share(f"… share of the LP optimum ({ours.eligible:,} pairs)", ours, quick, optimum),
        Row(
            "… given out of all leads",
            ours.given / SMALL[0],
            "",
            1.0,
            None,
            greedys,
            quick.given / SMALL[0],
        ),
        Row(f"optimal {big}, one core", large.seconds, "s", None, 40, greedys, large_quick.seconds),
        _share(
            f"… share of the proved bound ({large.eligible:,} pairs)",
            large,
            large_quick,
            large.bound,
        ),
        Row(
            "… given out of all leads",
            large.given / LARGE[0],
            "",
            1.0,
            None,
            greedys,
            large_quick.given / LARGE[0],
        ),
        Row(
            "… peak memory, values included",
            large.peak,
            "MiB",
            None,
            4096,
            greedys,
            large_quick.peak,
        ),
    ]


def _share(name: str, ours: Measured, peer: Measured, optimum: float) -> Row:
    share, other = ours.objective / optimum, peer.objective / optimum
    return Row(name, 100 * share, "%", 99.99, None, "greedy", 100 * other)


def _apart(way: str, leads: int, reps: int) -> Measured:
    """Measured in a process of its own, on one core."""
    command = [sys.executable, "-m", "benchmarks.assignment_solver", way, str(leads), str(reps)]
    done = subprocess.run(
        command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, check=True, text=True
    )
    return Measured(**json.loads(done.stdout))


def _measure(way: str, leads: int, reps: int) -> Measured:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    values, capacity = batch(leads, reps)
    start = time.perf_counter()
    if way == "highs":
        objective, given = _by_highs(values, capacity)
        bound = objective
    else:
        found = (solve if way == "solve" else greedy)(values, capacity)
        objective, bound = found.objective, found.bound
        given = int((found.rep_of >= 0).sum())
    seconds = time.perf_counter() - start
    eligible = values.size - int(np.isnan(values).sum())
    return Measured(seconds, _peak(), objective, bound, given, eligible)


def _by_highs(values: FloatMatrix, capacity: IntArray) -> tuple[float, int]:
    """The optimum of the linear program, all leads that can be given out given out.

    For batches of which every lead can be given out: the program has no solution otherwise. By
    interior points and crossover: HiGHS's simplex takes several times as long here.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    lead, rep = np.nonzero(~np.isnan(values))
    pair, one = np.arange(len(lead)), np.ones(len(lead))
    answer = linprog(
        -values[lead, rep].astype(np.float64),
        A_eq=csr_array((one, (lead, pair))),
        b_eq=np.ones(len(values)),
        A_ub=csr_array((one, (rep, pair)), shape=(len(capacity), len(lead))),
        b_ub=capacity,
        method="highs-ipm",
    )
    if not answer.success:
        raise RuntimeError(f"HiGHS ended without an optimum: {answer.message}")
    return -float(answer.fun), round(float(answer.x.sum()))


def _peak() -> float:
    """The most MiB that this process has held."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / MIB if sys.platform == "darwin" else used / 1024


if __name__ == "__main__":
    measured = _measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps(asdict(measured)))
