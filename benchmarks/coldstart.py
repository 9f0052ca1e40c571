"""How good scores are from the first outcome to the last: the rubric, a model, and their blend.

Run it with ``python -m benchmarks.coldstart``. On each set a part is kept back; of the rest, so
many leads at random have an outcome. Log loss on the part kept back, averaged over draws.

Data: Moro, Cortez, Rita (2014), CC BY 4.0; the MineThatData e-mail challenge (Hillstrom, 2008);
Maven Analytics' CRM opportunities of a fictitious company.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track

from benchmarks.rows import Row, publish
from features.feature import Dimension, Feature, FeatureKind
from models.calibration import losses
from models.candidates import COMBINATION
from models.recipe import Recipe
from models.refitting import learn_scorecard
from models.rubric import Rubric
from models.scores import Scorer, Scores

OUTCOMES = (0, 20, 50, 100, 200, 500, 2000, None)
DRAWS, MOST, KEPT_BACK, GROUPS = 10, 20_000, 0.3, 10
# A model needs a few of each kind to be learned at all. In service blending begins at 40 of each.
FEWEST = 15
RUBRICS = Path("examples/rubrics")


@dataclass(frozen=True)
class Set:
    """Leads with known outcomes, and the rubric that somebody would have written for them."""

    name: str
    frame: pd.DataFrame
    labels: np.ndarray
    features: tuple[Feature, ...]
    rubric: Rubric


@dataclass(frozen=True)
class Losses:
    """Log loss on the part kept back; and, of ten groups of it by the blend's chance, the share
    whose rate lies in the interval said of them (nan where the rubric scores alone)."""

    rubric: float
    model: float
    blend: float
    within: float = float("nan")

    @property
    def against_better(self) -> float:
        """The blend's loss, as a share of the better of the two others."""
        return self.blend / min(self.rubric, self.model)


class Average:
    """A scorer's place taken by the rate alone, where there is nothing to learn a model from."""

    def __init__(self, converted: int, leads: int) -> None:
        self.rate = (converted + 0.5) / (leads + 1)


def bank(folder: Path) -> Set:
    """Bank marketing, without the length of the call."""
    from benchmarks.model import CATEGORIES, FILE, read

    frame, labels = read(folder / FILE)
    named = frame.rename(columns=lambda column: f"attributes.{column}")
    return _set("bank marketing", named, labels, {f"attributes.{c}" for c in CATEGORIES})


def hillstrom(folder: Path) -> Set:
    """Who visits the shop within two weeks after a mailing."""
    table = pd.read_csv(folder / "hillstrom" / "hillstrom.csv")
    names = {"newbie": "newcomer", "segment": "arm", "zip_code": "area"}
    columns = ["recency", "history", "mens", "womens", "zip_code", "newbie", "channel", "segment"]
    frame = table[columns].rename(columns=lambda c: f"attributes.{names.get(c, c)}")
    categories = {"attributes.area", "attributes.channel", "attributes.arm"}
    return _set("hillstrom", frame, table["visit"].to_numpy(dtype=np.int64), categories)


def maven(folder: Path) -> Set:
    """Which opportunities are won: close to unpredictable, so that skill on it is luck."""
    tables = folder / "maven_crm"
    pipeline = pd.read_csv(tables / "sales_pipeline.csv")
    closed = pipeline[pipeline["deal_stage"].isin(["Won", "Lost"])]
    closed = closed.replace({"product": {"GTXPro": "GTX Pro"}})
    keys = {"accounts": "account", "products": "product", "sales_teams": "sales_agent"}
    for other, key in keys.items():
        closed = closed.merge(pd.read_csv(tables / f"{other}.csv"), on=key, how="left")
    names = {
        "employees": "company_size",
        "sector": "industry",
        "office_location": "country",
        "revenue": "attributes.company_revenue",
        "year_established": "attributes.founded_in",
        "sales_price": "attributes.list_price",
        "series": "attributes.product_series",
        "regional_office": "attributes.regional_office",
    }
    frame = closed[list(names)].rename(columns=names)
    labels = (closed["deal_stage"] == "Won").to_numpy(dtype=np.int64)
    categories = {"industry", "country", "attributes.product_series", "attributes.regional_office"}
    return _set("maven crm", frame, labels, categories)


def market() -> Set:
    """A simulated market, in a store of its own."""
    from leadflow.database import cluster, embedded
    from leadflow.database.engine import get_engine, unit_of_work
    from leadflow.database.migrate import upgrade
    from leadflow.scoring.serving.feature_frames import read_training_set
    from leadflow.settings import get_settings
    from leadflow.simulation.service import simulate

    settings, now = get_settings(), datetime(2026, 11, 1, tzinfo=UTC)
    cluster.ensure_databases(cluster.locate(settings))
    upgrade(get_engine())
    try:
        simulate(get_engine(), settings, seed=3, leads=30_000, months=24.0, reps=3, now=now)
        with unit_of_work() as session:
            data = read_training_set(session, now, timedelta(days=90))
    finally:
        get_engine().dispose()
        embedded.stop(settings.home)
    rubric = Rubric.load()
    features = tuple(f for f in data.features if f.name != "ai_score")
    return Set("simulator", data.frame, data.converted, features, rubric)


def _set(name: str, frame: pd.DataFrame, labels: np.ndarray, categories: set[str]) -> Set:
    features = tuple(
        Feature(
            str(column),
            str(column),
            Dimension.FIT,
            FeatureKind.CATEGORICAL if column in categories else FeatureKind.NUMERIC,
        )
        for column in frame.columns
    )
    rubric = Rubric.load(RUBRICS / f"{name.replace(' ', '_')}.yaml")
    return Set(name, frame, labels, features, rubric)


def measure(data: Set, outcomes: int | None, draw: int) -> Losses:
    """One draw: so many leads with an outcome (None: all but those kept back, at most 20,000)."""
    order = np.random.default_rng(draw).permutation(len(data.labels))
    kept = order[: int(len(order) * KEPT_BACK)]
    known = order[len(kept) :][: MOST if outcomes is None else outcomes]
    converted = int(data.labels[known].sum())
    fewest = min(converted, len(known) - converted)
    # The random order is the order of time: the market stands still.
    moments = np.datetime64("2025-01-01") + np.arange(len(data.labels))
    recipe = Recipe.of(
        data.frame.iloc[known], data.labels[known], moments[: len(known)], data.features, seed=draw
    )
    rows = np.arange(len(known))

    def loss(scorer: Scorer | Average) -> float:
        truth = data.labels[kept]
        if isinstance(scorer, Average):
            return float(losses(np.full(len(truth), scorer.rate), truth).mean())
        return float(losses(scorer.score(data.frame.iloc[kept]).probability, truth).mean())

    rubric = loss(data.rubric)
    if fewest < FEWEST:
        return Losses(rubric, loss(Average(converted, len(known))), rubric)
    model = learn_scorecard(recipe, COMBINATION, rows, None)
    blend = learn_scorecard(recipe, COMBINATION, rows, data.rubric)
    within = groups_within(blend.score(data.frame.iloc[kept]), data.labels[kept])
    return Losses(rubric, loss(model), loss(blend), within)


def groups_within(scores: Scores, labels: np.ndarray) -> float:
    """Of ten groups of equal size by chance, the share whose rate lies in their mean interval."""
    groups = np.array_split(np.argsort(scores.probability, kind="stable"), GROUPS)
    return float(
        np.mean([scores.low[g].mean() <= labels[g].mean() <= scores.high[g].mean() for g in groups])
    )


def table(sets: list[Set], console: Console) -> Iterator[tuple[str, int | None, list[Losses]]]:
    """For each set and number of outcomes the losses of each draw."""
    cases = [(data, outcomes) for data in sets for outcomes in OUTCOMES]
    for data, outcomes in track(cases, "Sets and numbers of outcomes", console=console):
        draws = DRAWS if outcomes is not None else 1
        yield data.name, outcomes, [measure(data, outcomes, draw) for draw in range(draws)]


def rows_of(name: str, outcomes: int | None, draws: list[Losses]) -> list[Row]:
    """The mean over the draws, and the worst draw of several."""
    case = f"{name}, {'all' if outcomes is None else outcomes} outcomes"
    mean = Losses(
        *(float(np.mean([getattr(one, part.name) for one in draws])) for part in fields(Losses))
    )
    rows = [
        Row(
            f"{case}: log loss of the blend", mean.blend, "", peer="rubric", peer_value=mean.rubric
        ),
        Row(
            f"{case}: blend / better of rubric and model",
            mean.against_better,
            "",
            at_most=1.02,
            peer="model's log loss",
            peer_value=mean.model,
        ),
    ]
    if len(draws) > 1 and outcomes:
        worst = max(one.against_better for one in draws)
        rows.append(Row(f"{case}: … in the worst of {len(draws)} draws", worst, "", at_most=1.10))
    if not np.isnan(mean.within):
        name = f"{case}: tenths of the leads that convert as their interval says"
        rows.append(Row(name, mean.within, ""))
    return rows


def main() -> int:
    """Measure, print and write; 1 if a bound does not hold, 2 without the data."""
    from leadflow.settings import get_settings

    console, home, folder = Console(), get_settings().home, get_settings().real_data
    if not folder.exists():
        console.print(f"The real data is not at {folder}; set LEADFLOW_REAL_DATA.")
        return 2
    with tempfile.TemporaryDirectory(prefix="lf-") as own:
        os.environ["LEADFLOW_HOME"] = own
        get_settings.cache_clear()
        sets = [bank(folder), hillstrom(folder), maven(folder), market()]
    rows = []
    for name, outcomes, draws in table(sets, console):
        rows += rows_of(name, outcomes, draws)
    return publish("coldstart", "From no history to plenty", rows, home, console)


if __name__ == "__main__":
    sys.exit(main())
