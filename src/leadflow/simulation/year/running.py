"""A simulated year from its first day to its last, in an empty store."""

from collections.abc import Callable

from leadflow.database.engine import unit_of_work
from leadflow.scoring.serving.champion import serving_scorer
from leadflow.settings import Settings
from leadflow.simulation.year.days import live
from leadflow.simulation.year.happened import Stretch, Year
from leadflow.simulation.year.judging import judge_of
from leadflow.simulation.year.plan import Plan, moment
from leadflow.simulation.year.tables import looked_at
from leadflow.simulation.year.watching import Watch

# Tables grow.
LOOKED_AT_EVERY = 30


class StoreNotEmpty(RuntimeError):
    """A simulated year needs a store of its own; nothing is done."""


def simulate_year(
    plan: Plan, settings: Settings, told: Callable[[str], None] = lambda words: None
) -> Year:
    """Live through the year. ``told`` is called with what happens.

    Raises:
        StoreNotEmpty: there are leads in the store.
    """
    _refuse_unless_empty()
    judges = [judge_of(plan, phase, settings) for phase in plan.phases()]
    lives = live(plan)
    with unit_of_work() as session:
        lives.store(session, -plan.history, 0)
    looked_at()
    watch = Watch(settings, serving_scorer(settings))
    stretches: list[Stretch] = []

    def judged(since: int) -> Stretch:
        scorer = watch.serving
        return Stretch(since, scorer.version, tuple(judge.auc(scorer) for judge in judges))

    stretches.append(judged(0))
    for day in range(plan.days):
        known = len(watch.happened)
        with unit_of_work() as session:
            came = lives.store(session, day, day + 1)
        watch.a_day(day, came, moment(day + 1))
        for one in watch.happened[known:]:
            told(f"day {one.day:3}  {one.kind:10} {one.words}")
        if watch.serving.version != stretches[-1].version:
            stretches.append(judged(day))
        if day % LOOKED_AT_EVERY == 0:
            looked_at()
    references, ceilings, errors = (
        tuple(getattr(judge, name) for judge in judges)
        for name in ("reference", "ceiling", "error")
    )
    return Year(
        plan, settings.horizon_days, watch.happened, stretches, references, ceilings, errors
    )


def _refuse_unless_empty() -> None:
    from sqlalchemy import exists, select

    from leadflow.leads.tables import Lead

    with unit_of_work() as session:
        if session.scalar(select(exists().select_from(Lead))):
            raise StoreNotEmpty("There are leads in this store; a simulated year needs its own.")
