"""How long a set of features takes, whole and carried over, and pandas on the same events; and
whether a registered model answers the same from an environment that has nothing but its own
requirements.

Run it with ``python -m benchmarks.features [LEADS] [EVENTS_EACH]`` (200,000 and 50 unless said). It
makes a store of its own in a temporary folder (4 GB) and starts what it needs. Times are from the
flow's first line, with its modules loaded, to the set that counts.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from rich.console import Console

from benchmarks.feature_data import make, news
from benchmarks.own_store import own_store
from benchmarks.rows import Row, publish
from benchmarks.serving_models import served

if TYPE_CHECKING:
    from leadflow.scoring.feature_sets.building import Since
    from leadflow.scoring.feature_sets.manifest import Manifest
    from leadflow.settings import Settings

LEADS, EVENTS_EACH = 200_000, 50
NEWS_SHARE, WITHIN_DAYS = 0.01, 7


@contextmanager
def prefect_up(settings: "Settings") -> Iterator[None]:
    """A Prefect server beside the store; flows run in this process are runs it records."""
    from leadflow.supervisor.child import Child
    from leadflow.supervisor.environment import environment
    from leadflow.supervisor.services import prefect_server
    from tests.servers import free_port

    settings.prefect_port = free_port()
    os.environ.update(environment(settings))
    os.environ["PREFECT_LOGGING_LEVEL"] = "WARNING"
    child = Child(prefect_server(settings), settings.home / "logs")
    try:
        child.wait_healthy(180)
        yield
    finally:
        child.terminate()
        child.end(time.monotonic() + 10)


def built(since: "Since") -> "tuple[float, Manifest]":
    """Seconds from the flow's first line to the set that counts, and what it says of itself."""
    from flows import build_features
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.feature_sets.reading import find_set, read_manifest
    from tasks.features import begun_set

    took = []

    @contextmanager
    def timed(*given: Any) -> Iterator[Any]:
        began = time.monotonic()
        with begun_set(*given) as build:
            yield build
        took.append(time.monotonic() - began)

    with patch.object(build_features, "begun_set", timed):
        made = build_features.build_features(since=since)
    with unit_of_work() as session:
        return took[0], read_manifest(find_set(session, made.id))


def peer() -> float:
    """Seconds that pandas takes to count the same events of frames it has in memory: of each type
    and lately, and when the last one was. It reads, checks and writes nothing."""
    import pandas as pd
    from sqlalchemy import BigInteger, DateTime, select, text

    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.feature_sets.packed import Column, Packed

    rows = text(
        "SELECT CAST(l.external_id AS bigint) AS lead, t.place AS type, e.occurred_at AS at "
        "FROM lead_events e JOIN leads l ON l.id = e.lead_id JOIN "
        "(SELECT name, row_number() OVER (ORDER BY name) AS place FROM event_types) t "
        "ON t.name = e.type"
    ).columns(lead=BigInteger, type=BigInteger, at=DateTime(timezone=True))
    columns = [Column("lead", "whole"), Column("type", "whole"), Column("at", "moment")]
    with unit_of_work() as session:
        events = Packed.of(select(rows.subquery("events")), columns).read(session, {}).to_pandas()
    began = time.monotonic()
    counts = events.groupby(["lead", "type"]).size().unstack(fill_value=0)
    last = events.groupby("lead")["at"].max()
    lately = events[events["at"] > events["at"].max() - pd.Timedelta(days=WITHIN_DAYS)]
    recent = lately.groupby("lead").size()
    counts.assign(last=last, recent=recent)
    return time.monotonic() - began


def measure(leads: int, events_each: int, console: Console) -> list[Row]:
    """All rows."""
    # Loaded before, as in a worker that has run one.
    import pyarrow.parquet  # noqa: F401
    import scipy.special  # noqa: F401

    from leadflow.composition import compose
    from leadflow.database.engine import get_owner_engine

    compose()
    with console.status(f"Making {leads:,} leads with {events_each} events each …"):
        make(get_owner_engine(), leads, events_each)
    pandas = peer()
    named = "pandas, the events in memory, counting alone"
    seconds, first = built("nothing")
    console.print(f"{first.leads:,} leads, {sum(part.size for part in first.parts):,} bytes")
    what = f"{first.leads:,} leads, {leads * events_each:,} events"
    rows = [Row(f"{what}: whole", seconds, "s", None, 20.0, named, pandas)]
    added = news(get_owner_engine(), NEWS_SHARE)
    seconds, carried = built("latest")
    rows.append(Row(f"{what}: {added:,} with news", seconds, "s", None, 3.0, named, pandas))
    rows.append(Row("of them carried over", carried.carried, "leads"))
    rows.append(Row("differs from a whole one", differing(carried), "files", None, 0.0))
    return rows


def differing(carried: "Manifest") -> int:
    """How many files are others in a set that is counted anew as of the same moment."""
    from tests.feature_sets import hashes, make_set

    whole = hashes(make_set("serving", since="nothing", now=carried.as_of))
    return sum(one != other for one, other in zip(whole, hashes(carried), strict=True))


def main() -> int:
    """Measure, print and write; 1 if a bound does not hold."""
    from leadflow.settings import get_settings

    console, home = Console(), get_settings().home
    given = [int(word) for word in sys.argv[1:3]]
    leads, events_each = (*given, *(LEADS, EVENTS_EACH)[len(given) :])
    with own_store() as (_, settings), prefect_up(settings):
        rows = measure(leads, events_each, console)
    with console.status("Serving a model from an environment of its own …"):
        rows += served()
    return publish("features", "Making a set of features", rows, home, console)


if __name__ == "__main__":
    sys.exit(main())
