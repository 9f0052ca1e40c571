"""The steps of taking campaigns on."""

from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_table_artifact

from features.how_many import how_many
from leadflow.campaigns.planning import sweep
from leadflow.campaigns.planning.sweep import Swept
from leadflow.campaigns.store.service import want_what_counts
from leadflow.consent.may_send import Policy
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from tasks.run_names import say_in_name


@task(persist_result=False, retries=2, retry_delay_seconds=2)
def find_versions() -> list[tuple[str, int]]:
    """The versions of campaigns that have to be looked after."""
    with unit_of_work() as session:
        want_what_counts(session)
        return sweep.versions_in_use(session)


@task(persist_result=False, retries=2, retry_delay_seconds=2, timeout_seconds=240)
def take_on(version: tuple[str, int]) -> Swept:
    """Let leads come into a version, and take its enrolments on until nothing is due."""
    name, number = version
    policy = Policy.of(get_settings().marketing_without_consent)
    done = Swept()
    while True:
        with unit_of_work() as session:
            entered = sweep.let_in(session, name, number, datetime.now(UTC))
        done += Swept(entered)
        if not entered:
            break
    while True:
        with unit_of_work() as session:
            some = sweep.plan(session, name, number, datetime.now(UTC), policy)
        done += some
        if some.looked_at < sweep.AT_A_TIME:
            return done


@task(persist_result=False)
def publish_campaigns(done: dict[str, Swept]) -> int:
    """What was done, as a table artifact where anything was; returns how many messages were
    planned."""
    rows = [
        {
            "campaign": name,
            "came in": one.entered,
            "looked at": one.looked_at,
            "messages planned": one.planned,
            "ended": sum(one.ended.values()),
        }
        for name, one in done.items()
        if one.entered or one.looked_at
    ]
    if rows:
        create_table_artifact(rows, key="planned-campaigns", description="Campaigns taken on")
    planned = sum(one.planned for one in done.values())
    say_in_name(how_many(planned, "message"))
    return planned
