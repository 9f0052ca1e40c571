"""Score leads with the champion, partition by partition."""

from datetime import datetime

from prefect import flow, unmapped

from tasks.checks import warn_of_data
from tasks.run_names import name_run
from tasks.run_tags import Tagged
from tasks.runners import RunnerOfSettings
from tasks.scoring import (
    choose_scorer,
    choose_shadow,
    end_run,
    open_run,
    score_partition,
    start_assignment,
)


@flow(
    name="score_leads",
    flow_run_name=name_run,
    on_running=[Tagged("scoring")],
    timeout_seconds=3300,
    task_runner=RunnerOfSettings(),
)
def score_leads(as_of: datetime | None = None, everything: bool = False) -> int:
    """Score the leads that have news, an old score or none; returns how many were.

    Killed anywhere and run again, it goes on where it was: the same result, nothing scored twice.
    Scores of now start ``assign_leads``, which does not wait for its minute. Where checks of the
    data found what they must not, it says so and goes on.

    Args:
        as_of: score all leads as of this moment instead of now, with what served then.
        everything: score leads without news too.
    """
    warn_of_data("Leads are scored")
    scorer, shadow = choose_scorer(as_of), choose_shadow()
    run = open_run(scorer, as_of, everything)
    turns = score_partition.map(
        unmapped(scorer), unmapped(run), list(run.partitions_left), unmapped(shadow)
    )
    scored = [part for part in turns.result() if part is not None]
    total = end_run(scorer, run, scored)
    if as_of is None and total:
        start_assignment(run)
    return total
