"""Putting the simulated market into the store, block by block."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadflow.assignment.team.versions import store_team
from leadflow.audit import service as audit
from leadflow.consent.from_events import hear_copied
from leadflow.database.copying import copy_rows, driver_connection
from leadflow.database.engine import unit_of_work
from leadflow.database.ids import new_id
from leadflow.leads.changes import mark_changed
from leadflow.leads.tables import Lead
from leadflow.settings import Settings
from leadflow.simulation.rows import (
    EVENT_COLUMNS,
    LEAD_COLUMNS,
    OUTCOME_COLUMNS,
    SOURCE,
    lead_row,
    outcome_row,
)

if TYPE_CHECKING:
    from leadflow.simulation.market import Block

EVENTS_A_LEAD = 20
SAID = """
INSERT INTO outcome_log (
    id, lead_id, said, occurred_at, dated, said_at, known_at, value_minor, value_currency, source
)
SELECT replace(id, 'outcome_', 'said_'), lead_id, outcome, occurred_at, true, occurred_at, known_at,
    value_minor, value_currency, source
FROM outcomes WHERE lead_id = ANY(%s)
"""


@dataclass
class Summary:
    """What came into the store, and how well the best possible model could rank it."""

    leads: int = 0
    events: int = 0
    converted: int = 0
    lost: int = 0
    reps: int = 0
    ceiling_auc: float = 0.0
    truth: Path | None = None


def simulate(
    engine: Engine,
    settings: Settings,
    *,
    seed: int,
    leads: int,
    months: float,
    reps: int,
    now: datetime,
    on_progress: Callable[[int], None] | None = None,
    with_team: bool = True,
) -> Summary:
    """Generate a market and store it; leads of the same seed that are there already stay. Without
    ``with_team`` its salespeople stay away: see ``store_simulated_team``.

    The truth (probabilities, interest, how well reps sell) goes to Parquet files in home, never
    into the store. ``on_progress`` is told how many leads are done.
    """
    import pandas as pd

    from leadflow.simulation.market import generate
    from leadflow.simulation.team import true_selling

    summary = Summary(reps=reps)
    truths, done = [_read_truth(settings, seed)], 0
    for block in generate(seed, leads, months, now):
        with unit_of_work(engine) as session:
            stored = _store(session, block, summary, now)
        ended = block.outcomes.set_index("lead")["outcome"]
        truth = block.truth.assign(outcome=ended.reindex(block.truth.index))
        truths.append(truth.loc[stored])
        done += len(block.leads)
        if on_progress is not None:
            on_progress(done)
    # A lead made anew after the store was emptied has a new truth.
    everyone = pd.concat(truths, ignore_index=True)
    truth = everyone.drop_duplicates("external_id", keep="last", ignore_index=True)
    summary.ceiling_auc = _ceiling(truth)
    summary.truth = _truth_file(settings, seed)
    if summary.leads:
        _write_truth(settings, seed, truth, pd.DataFrame(true_selling(seed, reps)))
        with unit_of_work(engine) as session:
            if with_team:
                store_simulated_team(session, seed, leads, months, reps)
            counts = {"leads": summary.leads, "events": summary.events, "seed": seed}
            audit.record(session, "simulation", "market.simulated", f"simulation/{seed}", counts)
    return summary


def store_simulated_team(session: Session, seed: int, leads: int, months: float, reps: int) -> None:
    """The salespeople of a market, with room for its open leads; what is there already stays."""
    from leadflow.simulation.team import make_team

    open_leads = max(1, round(leads * 0.2 * 12 / max(months, 1)))
    store_team(session, make_team(seed, reps, capacity=max(10, open_leads // reps)))


def _store(session: Session, block: "Block", summary: Summary, now: datetime) -> list[int]:
    """COPY what is not there yet of a block's leads, events and outcomes; which rows those are."""
    frame = block.leads
    known = set(
        session.scalars(
            select(Lead.external_id).where(
                Lead.source == SOURCE, Lead.external_id.in_(frame["external_id"].tolist())
            )
        )
    )
    ids = {
        row: new_id("lead")
        for row, external in enumerate(frame["external_id"])
        if external not in known
    }
    if not ids:
        return []
    # Missing values as None, whatever pandas calls them in a column of this type.
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    rows = [lead_row(ids[i], row) for i, row in enumerate(records) if i in ids]
    copy_rows(session, "leads", LEAD_COLUMNS, rows)
    events = block.events[block.events["lead"].isin(ids.keys())]
    times = events["occurred_at"].dt.to_pydatetime()
    copy_rows(
        session,
        "lead_events",
        EVENT_COLUMNS,
        (
            (ids[lead], kind, at, at, SOURCE)
            for lead, kind, at in zip(events["lead"], events["type"], times, strict=True)
        ),
    )
    outcomes = block.outcomes[block.outcomes["lead"].isin(ids.keys())]
    copy_rows(
        session,
        "outcomes",
        OUTCOME_COLUMNS,
        (outcome_row(ids[row["lead"]], row) for row in outcomes.to_dict("records")),
    )
    driver_connection(session).execute(SAID, [list(ids.values())])
    hear_copied(session, list(ids.values()), "simulation", now)
    mark_changed(session, list(ids.values()), bulk=True)
    summary.leads += len(rows)
    summary.events += len(events)
    summary.converted += int((outcomes["outcome"] == "converted").sum())
    summary.lost += int((outcomes["outcome"] == "lost").sum())
    return list(ids)


def _ceiling(truth: Any) -> float:
    """The AUC of the true probabilities: no model can rank these outcomes better, on average."""
    from sklearn.metrics import roc_auc_score

    if truth.empty:
        return float("nan")
    known = truth.dropna(subset=["outcome"])
    if known["outcome"].nunique() < 2:
        return float("nan")
    won = known["outcome"] == "converted"
    return float(roc_auc_score(won, known["probability_at_creation"]))


def _truth_file(settings: Settings, seed: int) -> Path:
    return settings.home / "simulation" / f"truth-{seed}.parquet"


def _read_truth(settings: Settings, seed: int) -> Any:
    """The truth of the leads stored before, which stays what it was when they were made."""
    import pandas as pd

    path = _truth_file(settings, seed)
    return pd.read_parquet(path) if path.exists() else pd.DataFrame(columns=["external_id"])


def _write_truth(settings: Settings, seed: int, truth: Any, selling: Any) -> None:
    path = _truth_file(settings, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    truth.to_parquet(path)
    selling.to_parquet(path.with_name(f"selling-{seed}.parquet"))
