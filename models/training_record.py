"""The record of a training: when, from how much, promising what."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models.evaluation import Metrics
from models.reference import Reference

REFERENCE_FILE = "reference.json"
PROMISED = "latest_"


@dataclass(frozen=True)
class Record:
    """A training as its MLflow run tells it.

    ``learned_at`` (UTC): the moment its training set was read as of; ``leads``: how many it learned
    from; ``left_out``: how many older ones it did not, because the market had changed;
    ``promised``: its metrics on the latest leads; ``reference``: what the leads looked like, None
    where it was not kept.
    """

    learned_at: datetime
    leads: int
    left_out: int
    promised: Metrics | None
    reference: Reference | None


def read_record(client: Any, run_id: str) -> Record:
    """Read the record of a run from MLflow."""
    run = client.get_run(run_id)
    found = run.data.params.get("learned_at")
    started = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
    return Record(
        learned_at=datetime.fromisoformat(found) if found else started,
        leads=int(run.data.params.get("leads", 0)),
        left_out=int(run.data.params.get("leads_left_out", 0)),
        promised=_promised(run.data.metrics),
        reference=_reference(client, run_id),
    )


def _promised(metrics: dict[str, float]) -> Metrics | None:
    names = ("auc", "log_loss", "brier", "ece")
    if any(PROMISED + name not in metrics for name in names):
        return None
    return Metrics(**{name: metrics[PROMISED + name] for name in names})


def _reference(client: Any, run_id: str) -> Reference | None:
    if all(item.path != REFERENCE_FILE for item in client.list_artifacts(run_id)):
        return None
    with TemporaryDirectory() as folder:
        file = Path(client.download_artifacts(run_id, REFERENCE_FILE, folder))
        return Reference.from_dict(json.loads(file.read_text()))
