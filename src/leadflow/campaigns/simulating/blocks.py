"""A simulated market of any size: its blocks, each in memory alone, on all processors."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial, reduce
from multiprocessing import get_context
from operator import add
from os import cpu_count

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.simulating.market_leads import Market
from leadflow.campaigns.simulating.simulation import simulated
from leadflow.campaigns.simulating.tallying import Tally
from leadflow.simulation.market import BLOCK


def simulate_market(program: Program, market: Market) -> Tally:
    """Let every lead of a market come into a campaign; the same however many processors there
    are."""
    starts = range(0, market.leads, BLOCK)
    if len(starts) <= 1:
        return _block(program, market, 0)
    workers = min(cpu_count() or 1, len(starts))
    # Started anew, because threads of this process may hold locks at the moment of a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return reduce(add, pool.map(partial(_block, program, market), starts))


def _block(program: Program, market: Market, start: int) -> Tally:
    return simulated(program, market.crowd(start, program), market.days)
