"""The steps of making a set of features: begun, part by part, checked, kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from features.how_many import how_many
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.scoring.feature_sets import building, checking, parts
from leadflow.scoring.feature_sets.building import Build, KeyRange, Since
from leadflow.scoring.feature_sets.manifest import Manifest, Part, Purpose
from leadflow.scoring.feature_sets.reading import fresh_set
from leadflow.settings import get_settings
from tasks.retrying import GROWING, JITTER
from tasks.run_names import say_in_name


@dataclass(frozen=True)
class Built:
    """A set that counts: its id, and what it is in words."""

    id: str
    words: str


@contextmanager
def begun_set(purpose: Purpose, since: Since, as_of: datetime | None) -> Iterator[Build]:
    """A set to be made within the block; one at a time."""
    now = datetime.now(UTC)
    with building.begun(get_engine(), get_settings(), purpose, since, now, as_of) as build:
        say_in_name(build.purpose, _cut(build), as_of=build.row.as_of)
        yield build


@task(
    task_run_name="features {keys}",
    persist_result=False,
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=GROWING,
    retry_jitter_factor=JITTER,
    timeout_seconds=1800,
)
def build_part(build: Build, keys: KeyRange) -> Part:
    """The features of a range of leads, in a file; tried again alone, and the same then."""
    return parts.make_part(get_engine(), build, keys)


@task(persist_result=False, cache_policy=NO_CACHE, timeout_seconds=60)
def find_fresh(purpose: Purpose) -> str | None:
    """The latest set for a purpose, where it is as fresh as the settings ask; else None."""
    settings = get_settings()
    horizon = settings.horizon_days if purpose == "training" else None
    with unit_of_work() as session:
        found = fresh_set(
            session, purpose, datetime.now(UTC), settings.feature_fresh_minutes, horizon
        )
        return None if found is None else found.id


@task(persist_result=False, cache_policy=NO_CACHE, timeout_seconds=1800)
def check_parts(build: Build, made: list[Part]) -> Manifest:
    """Read every file again, and check what is in it."""
    return checking.checked(build, made, get_settings())


@task(
    persist_result=False,
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=GROWING,
    retry_jitter_factor=JITTER,
    timeout_seconds=600,
)
def keep_set(build: Build, manifest: Manifest) -> Built:
    """From here on the set counts; a table of what was checked as an artifact."""
    building.finish(build, manifest, datetime.now(UTC), get_settings().feature_sets_kept)
    words = (
        f"{how_many(manifest.leads, 'lead')} for {manifest.purpose} as of "
        f"{manifest.as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    )
    unmet = [check for check in manifest.checks if not check.met]
    create_table_artifact(
        [
            {"feature": check.column, "expected": check.rule, "found": check.found}
            for check in unmet
        ],
        key="feature-set",
        description=(
            f"{manifest.id}: {words}; {how_many(len(manifest.checks), 'check')}, "
            f"{how_many(len(unmet), 'finding')}"
        ),
    )
    leads = how_many(manifest.leads, "lead")
    say_in_name(build.purpose, _cut(build), leads, as_of=build.row.as_of)
    return Built(manifest.id, words)


def _cut(build: Build) -> str:
    return how_many(len(build.ranges), "part")
