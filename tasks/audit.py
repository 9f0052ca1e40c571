"""The steps of keeping the audit log honest."""

from datetime import UTC, datetime

from prefect import task

from leadflow.audit import exporting
from leadflow.audit.queue import put_into_chain
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from tasks.retrying import GROWING, JITTER


@task(persist_result=False, retries=2, retry_delay_seconds=GROWING, retry_jitter_factor=JITTER)
def export_head() -> int:
    """Append the head to the file of exported heads; its number, 0 while the log is empty."""
    with unit_of_work() as session:
        put_into_chain(session)
        made = exporting.export_head(session, get_settings(), datetime.now(UTC))
    return 0 if made is None else made.number
