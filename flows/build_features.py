"""Make a set of features: what is known of each lead as of a moment, checked and kept."""

from datetime import datetime
from typing import Literal

from prefect import flow, unmapped
from prefect.task_runners import ThreadPoolTaskRunner

from tasks.features import Built, begun_set, build_part, check_parts, keep_set
from tasks.run_names import name_run
from tasks.run_tags import Tagged

# One reads while PostgreSQL computes for the other.
AT_ONCE = 2


@flow(
    name="build_features",
    flow_run_name=name_run,
    on_running=[Tagged("learning")],
    timeout_seconds=7200,
    task_runner=ThreadPoolTaskRunner(max_workers=AT_ONCE),  # type: ignore[arg-type]
)
def build_features(
    purpose: Literal["serving", "training", "recent"] = "serving",
    since: Literal["latest", "nothing"] = "latest",
    as_of: datetime | None = None,
) -> Built:
    """Compute part by part, check, keep. Broken off anywhere, nothing counts that was made, and the
    next run takes it away.

    Args:
        purpose: all leads as of now (``serving``), those whose horizon has passed with what
            became of them (``training``), or those that monitoring looks at (``recent``).
        since: whether what was counted of leads without news is carried over from the latest set.
        as_of: an earlier moment instead of now.
    """
    with begun_set(purpose, since, as_of) as build:
        made = build_part.map(unmapped(build), list(build.ranges)).result()
        return keep_set(build, check_parts(build, made))


if __name__ == "__main__":
    build_features()
