"""Draw what people judge of the automated decisions of each day."""

from datetime import date

from prefect import flow

from tasks.quality import draw_sample, publish_sample
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="sample_quality",
    flow_run_name=name_run,
    on_running=[Tagged("quality")],
    timeout_seconds=600,
)
def sample_quality(day: date | None = None) -> int:
    """Draw scores and assignments to be judged; returns how many were drawn anew.

    Args:
        day: whose decisions (UTC), over by now; unset: yesterday's, and those of the last
            week that were missed. A day is drawn once.
    """
    return publish_sample(draw_sample(day))
