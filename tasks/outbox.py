"""The step that carries out what earlier steps left in the outbox."""

from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from leadflow.database import outbox
from leadflow.database.engine import get_engine
from leadflow.integrations.acts import registered_acts
from leadflow.settings import get_settings


@task(
    persist_result=False,
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=5,
    timeout_seconds=120,
)
def deliver_outbox() -> int:
    """Carry out everything that is due; returns how many acts ended well."""
    return outbox.deliver(get_engine(), registered_acts(get_settings()), lambda: datetime.now(UTC))
