"""The set of features that a model learned from, as MLflow keeps it beside the run."""

import warnings
from dataclasses import dataclass
from typing import Any

LONGEST_DIGEST = 36  # characters that MLflow keeps of a digest
SET_TAG, DIGEST_TAG = "feature_set", "feature_set_digest"


@dataclass(frozen=True)
class KeptSet:
    """A set of features: its id, where its files lie, and the SHA-256 over them."""

    id: str
    address: str
    digest: str


def note_dataset(client: Any, run_id: str, kept: KeptSet) -> None:
    """Say what a run learned from: as its dataset, and whole in tags."""
    from mlflow.data.meta_dataset import MetaDataset
    from mlflow.entities import DatasetInput, InputTag

    dataset = MetaDataset(_source(kept.address), kept.id, kept.digest[:LONGEST_DIGEST])
    used = DatasetInput(dataset._to_mlflow_entity(), [InputTag("mlflow.data.context", "training")])
    client.log_inputs(run_id, datasets=[used])
    client.set_tag(run_id, SET_TAG, kept.id)
    client.set_tag(run_id, DIGEST_TAG, kept.digest)


def _source(address: str) -> Any:
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.dataset_source_registry import resolve_dataset_source
    from mlflow.exceptions import MlflowException

    try:
        with warnings.catch_warnings():
            # Two kinds of local files are one and the same.
            warnings.filterwarnings("ignore", message=".*interpreted in multiple ways.*")
            return resolve_dataset_source(address)
    except MlflowException:
        # Of an address that MLflow does not know it keeps the words.
        return CodeDatasetSource({"address": address})
