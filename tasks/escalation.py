"""The steps of watching over leads in work."""

from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_table_artifact

from features.how_many import how_many
from leadflow.assignment.work import alarms, escalation, event_touches, redistribution
from leadflow.assignment.work.alarms import Alarm
from leadflow.assignment.work.escalation import Escalated
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from tasks.retrying import GROWING, JITTER
from tasks.run_names import say_in_name


@task(persist_result=False, retries=2, retry_delay_seconds=GROWING, retry_jitter_factor=JITTER)
def catch_up_touches() -> int:
    """Let salespeople's activity that came with imports and pulls count as getting in touch."""
    with unit_of_work() as session:
        return event_touches.catch_up_touches(session, datetime.now(UTC))


@task(persist_result=False, retries=2, retry_delay_seconds=GROWING, retry_jitter_factor=JITTER)
def redistribute() -> int:
    """Leads of whoever has left or is away go back to the pool; how many."""
    with unit_of_work() as session:
        return redistribution.redistribute(session, get_settings(), datetime.now(UTC))


@task(persist_result=False, retries=2, retry_delay_seconds=GROWING, retry_jitter_factor=JITTER)
def escalate() -> Escalated:
    """Remind and pass on one batch of leads that are due."""
    with unit_of_work() as session:
        return escalation.escalate(session, get_settings(), datetime.now(UTC))


@task(persist_result=False, retries=2, retry_delay_seconds=GROWING, retry_jitter_factor=JITTER)
def raise_alarms() -> Alarm:
    """Tell of leads that nobody can take, and of any that lie about."""
    with unit_of_work() as session:
        return alarms.raise_alarms(session, get_settings(), datetime.now(UTC))


@task(persist_result=False)
def publish_escalation(taken: int, batches: list[Escalated], alarm: Alarm) -> int:
    """What was done, as a table artifact where anything was; returns how many leads that is."""
    counts = {
        "reminded": sum(batch.reminded for batch in batches),
        "passed on to the next best": sum(batch.escalated for batch in batches),
        "offered to somebody above": sum(batch.offered for batch in batches),
        "left with nobody above": sum(batch.left for batch in batches),
        "back to the pool": taken,
        "alarm: nobody can take": alarm.unroutable,
        "alarm: lying about": alarm.stale,
    }
    if any(counts.values()):
        create_table_artifact(
            [{"step": name, "leads": count} for name, count in counts.items() if count],
            key="escalated-leads",
            description="Leads that a step was taken with",
        )
    say_in_name(how_many(sum(counts.values()), "lead"))
    return sum(counts.values())
