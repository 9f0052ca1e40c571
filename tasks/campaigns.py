"""The steps of taking campaigns on."""

from collections import Counter
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact

from features.how_many import how_many
from leadflow.campaigns.looking.run_report import report
from leadflow.campaigns.planning import sweep
from leadflow.campaigns.planning.sweep import Swept
from leadflow.campaigns.store.service import want_what_counts
from leadflow.consent.may_send import Policy
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from tasks.parts import take_all_on
from tasks.retrying import GROWING, JITTER
from tasks.run_names import say_in_name


@task(persist_result=False, retries=2, retry_delay_seconds=GROWING, retry_jitter_factor=JITTER)
def find_versions() -> list[tuple[str, int]]:
    """The versions of campaigns that have to be looked after."""
    with unit_of_work() as session:
        want_what_counts(session)
        return sweep.versions_in_use(session)


@task(
    persist_result=False,
    retries=2,
    retry_delay_seconds=GROWING,
    retry_jitter_factor=JITTER,
    timeout_seconds=240,
)
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
    return done + take_all_on(name, number, policy, lambda: datetime.now(UTC))


@task(persist_result=False)
def publish_campaigns(done: dict[str, Swept]) -> int:
    """What was done, as an artifact where anything was; returns how many messages were planned.

    Args:
        done: what came of each version, by its campaign's name and its number.
    """
    in_all = sum(done.values(), Swept())
    active: Counter[str] = Counter()
    for version, one in done.items():
        name = version.partition(" ")[0]
        active[name] += one.entered + one.planned + one.withheld.total() + one.ended.total()
    if in_all.entered or in_all.looked_at:
        with unit_of_work() as session:
            page = report(session, _did(in_all), +active, get_settings().address)
        create_markdown_artifact(page, key="planned-campaigns", description="Campaigns taken on")
    say_in_name(how_many(in_all.planned, "message"))
    return in_all.planned


def _did(done: Swept) -> list[str]:
    found = [
        f"{how_many(done.entered, 'lead')} came in",
        f"{how_many(done.looked_at, 'enrolment')} looked at",
        f"{how_many(done.planned, 'message')} planned",
    ]
    for count, words in ((done.withheld, "withheld"), (done.ended, "ended")):
        if count:
            why = ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in count.most_common())
            found.append(f"{count.total():,} {words}: {why}")
    return found
