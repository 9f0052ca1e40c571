"""The steps of quality control."""

from datetime import UTC, date, datetime

from prefect import task
from prefect.artifacts import create_table_artifact

from leadflow.database.engine import unit_of_work
from leadflow.quality import service
from leadflow.quality.schemas import SampleOut
from leadflow.settings import get_settings
from tasks.retrying import GROWING, JITTER
from tasks.run_names import say_in_name


@task(persist_result=False, retries=2, retry_delay_seconds=GROWING, retry_jitter_factor=JITTER)
def draw_sample(day: date | None) -> list[SampleOut]:
    """Draw a day's samples unless they were drawn before; where none is named, yesterday's and
    those of days that were missed."""
    now, settings = datetime.now(UTC), get_settings()
    with unit_of_work() as session:
        if day is None:
            return service.draw_missing(session, settings, now)
        return service.draw_sample(session, day, settings, now)


@task(persist_result=False)
def publish_sample(samples: list[SampleOut]) -> int:
    """What was drawn, as a table artifact; returns how many items are new."""
    create_table_artifact(
        [
            {
                "decisions": sample.decision_kind,
                "of the day": sample.day.isoformat(),
                "made": sample.population,
                "to be judged": sample.size,
                "drawn": "now" if sample.new else "before",
            }
            for sample in samples
        ],
        key="quality-sample",
        description="Automated decisions that people judge: leadflow quality waiting",
    )
    drawn = sum(sample.size for sample in samples if sample.new)
    say_in_name(f"{drawn:,} drawn")
    return drawn
