"""Taking all enrolments of a version on that are due: where they are many, in parts at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from leadflow.campaigns.planning import sweep
from leadflow.campaigns.planning.batch import Part
from leadflow.campaigns.planning.sweep import Swept
from leadflow.consent.may_send import Policy
from leadflow.database.engine import unit_of_work

# While PostgreSQL writes for the one, the other reckons.
PARTS = 2


def take_all_on(
    name: str,
    number: int,
    policy: Policy,
    clock: Callable[[], datetime],
    most: int = sweep.AT_A_TIME,
) -> Swept:
    """Take the enrolments of a version on until nothing is due.

    Args:
        clock: what time it is.
        most: how many are looked at in one transaction. Where more than these are due, the others
            are taken on in parts at once, each by a thread and a connection of its own.
    """
    done = _taken_on(name, number, policy, clock, most, None)
    if done.looked_at < most:
        return done
    rest = partial(_until_done, name, number, policy, clock, most)
    with ThreadPoolExecutor(PARTS) as pool:
        return sum(pool.map(rest, [Part(part, PARTS) for part in range(PARTS)]), done)


def _until_done(
    name: str, number: int, policy: Policy, clock: Callable[[], datetime], most: int, part: Part
) -> Swept:
    done = Swept()
    while True:
        some = _taken_on(name, number, policy, clock, most, part)
        done += some
        if some.looked_at < most:
            return done


def _taken_on(
    name: str,
    number: int,
    policy: Policy,
    clock: Callable[[], datetime],
    most: int,
    part: Part | None,
) -> Swept:
    with unit_of_work() as session:
        return sweep.plan(session, name, number, clock(), policy, most, part=part)
