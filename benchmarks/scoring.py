"""How quickly leads are scored: one, and all there are.

Run it with ``python -m benchmarks.scoring [LEADS]`` (1,000,000 unless said). It makes a store of
its own in a temporary folder (6 GB at 1,000,000 leads) and starts what it needs.
"""

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from benchmarks.rows import Row, publish
from benchmarks.store import NOW, fill

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from leadflow.scoring.serving.feature_frames import TrainingSet
    from leadflow.settings import Settings
    from models.scorecard import Scorecard
    from models.scores import Scorer

SMALL, LARGE = 100_000, 1_000_000
ONE_BY_ONE, AT_ONCE = 3000, 2
PEER_LEADS, PEER_WRITES = 20_000, 5_000


def one_lead(scorecard: "Scorecard", data: "TrainingSet") -> list[Row]:
    """A score with its dimensions and reasons for one lead after the other, and scikit-learn's
    pipeline on frames of one row."""
    from leadflow.scoring.serving.score_rows import scored_leads
    from leadflow.settings import get_settings

    frame = data.frame.head(ONE_BY_ONE)
    leads = frame.astype(object).where(frame.notna(), None).to_dict("records")
    taken, settings = [], get_settings()
    for number, values in enumerate(leads):
        start = time.perf_counter()
        columns = {str(name): [value] for name, value in values.items()}
        scores = scorecard.score_one({str(name): value for name, value in values.items()})
        scored_leads(scores, [str(number)], columns, NOW, settings)
        taken.append(time.perf_counter() - start)
    peer = _pipeline(data)
    theirs = []
    for number in range(300):
        start = time.perf_counter()
        peer.predict_proba(_plain(data).iloc[[number]])
        theirs.append(time.perf_counter() - start)
    ours, others = np.quantile(taken, [0.5, 0.99]) * 1000, np.quantile(theirs, [0.5, 0.99]) * 1000
    named = "scikit-learn pipeline, one row, no reasons"
    return [
        Row("one lead with reasons, p50", ours[0], "ms", None, 0.5, named, others[0]),
        Row("one lead with reasons, p99", ours[1], "ms", None, 2.0, named, others[1]),
    ]


def everything(scorecard: "Scorer", settings: "Settings") -> tuple[float, int]:
    """Seconds to score all leads, and how many they are: features to written score."""
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.batch import runs

    started = time.monotonic()
    with unit_of_work() as session:
        run = runs.open_run(session, scorecard, None, True, NOW, settings)

    def turn(number: int) -> int:
        with unit_of_work() as session:
            scored = runs.score_partition(session, scorecard, run, number, settings)
            return 0 if scored is None else scored.leads

    with ThreadPoolExecutor(AT_ONCE) as workers:
        leads = sum(workers.map(turn, run.partitions_left))
    return time.monotonic() - started, leads


def forget_scores(engine: "Engine") -> None:
    """Leave no score behind, so that both sizes begin alike."""
    from sqlalchemy import text

    with engine.begin() as connection:
        connection.execute(text("TRUNCATE lead_scores, scoring_runs, scoring_partitions"))


def peer_of_everything(data: "TrainingSet", engine: "Engine") -> float:
    """Leads a second of a default random forest on the same frame, rows written one by one."""
    from sqlalchemy import text

    frame = _plain(data).head(PEER_LEADS)
    pipeline = _pipeline(data)
    start = time.monotonic()
    probability = pipeline.predict_proba(frame)[:, 1]
    predicting = (time.monotonic() - start) / len(frame)
    with engine.begin() as connection:
        connection.execute(text("CREATE TEMP TABLE peer (lead_id text, probability float8)"))
        start = time.monotonic()
        for lead_id, chance in zip(frame.index[:PEER_WRITES], probability, strict=False):
            connection.execute(
                text("INSERT INTO peer VALUES (:lead_id, :chance)"),
                {"lead_id": lead_id, "chance": float(chance)},
            )
        writing = (time.monotonic() - start) / PEER_WRITES
    return 1 / (predicting + writing)


def _plain(data: "TrainingSet") -> Any:
    names = [f.name for f in data.features if f.kind == "categorical"]
    return data.frame.assign(**{name: data.frame[name].astype(object) for name in names})


def _pipeline(data: "TrainingSet") -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    names = [f.name for f in data.features if f.kind == "categorical"]
    encoded = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), names),
        remainder=SimpleImputer(keep_empty_features=True),
    )
    pipeline = make_pipeline(encoded, RandomForestClassifier(random_state=0, n_jobs=1))
    sample = slice(0, 10_000)
    return pipeline.fit(_plain(data).iloc[sample], data.converted[sample])


def _peak_mib() -> float:
    """The most memory this process has held."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def learned(settings: "Settings") -> "tuple[Scorecard, TrainingSet]":
    """The automatic choice on the market's leads, and what it learned from."""
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.learning.challenger import learn
    from leadflow.scoring.serving.feature_frames import read_training_set

    with unit_of_work() as session:
        data = read_training_set(session, NOW, timedelta(days=settings.horizon_days))
    return learn(data, settings).scorecard, data


def main() -> int:
    """Measure, print and write; 1 if a bound does not hold."""
    from leadflow.settings import get_settings

    console, home = Console(), get_settings().home
    large = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    with tempfile.TemporaryDirectory(prefix="lf-", ignore_cleanup_errors=True) as own:
        # The embedded PostgreSQL runs as a user of its own, who must be able to reach its data.
        Path(own).chmod(0o755)
        os.environ["LEADFLOW_HOME"] = own
        get_settings.cache_clear()
        rows = measure(get_settings(), large, console)
    return publish("scoring", "Scoring one lead and all", rows, home, console)


def measure(settings: "Settings", large: int, console: Console) -> list[Row]:
    """All rows, on a PostgreSQL that is started here and ended by its own process id."""
    from leadflow.database import cluster, embedded
    from leadflow.database.engine import get_owner_engine
    from leadflow.database.migrate import upgrade

    cluster.ensure_databases(cluster.locate(settings))
    engine = get_owner_engine()
    upgrade(engine)
    try:
        with console.status("Making leads and learning from them …"):
            fill(engine, settings, 0)
            scorecard, data = learned(settings)
        console.print(f"Scoring with {scorecard.name}, learned from {len(data.frame):,} leads")
        rows = one_lead(scorecard, data)
        peer = peer_of_everything(data, engine)
        took = {}
        for leads in (min(SMALL, large // 10), large):
            with console.status(f"Making {leads:,} leads with ten events each …"):
                fill(engine, settings, leads)
            forget_scores(engine)
            with console.status(f"Scoring {leads:,} leads …"):
                seconds, scored = everything(scorecard, settings)
            took[leads] = seconds / scored
            named = "default random forest, rows written one by one"
            bound = 20_000.0 if leads == large else None
            rows.append(
                Row(f"{scored:,} leads", scored / seconds, "a second", bound, None, named, peer)
            )
        small, big = took
        rows.append(Row("memory, most held", _peak_mib(), "MiB", None, 3072.0))
        growth = took[big] * big / (took[small] * small)
        rows.append(Row(f"time from {small:,} to {big:,} leads", growth, "times", None, 11.0))
    finally:
        engine.dispose()
        embedded.stop(settings.home)
    return rows


if __name__ == "__main__":
    sys.exit(main())
