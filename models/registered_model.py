"""A scorecard as MLflow's own kind of model: it opens with ``mlflow.pyfunc.load_model`` and serves
with ``mlflow models serve`` wherever the few packages it names are installed."""

from contextlib import redirect_stderr
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from features.feature import FeatureKind
from models.pyfunc import NUMBERS
from models.scorecard import Scorecard
from models.scorecard_files import TREES_FILE
from models.shipped_code import FIRST, write_package

ALWAYS = ("numpy", "pandas")
FOR_TREES = ("lightgbm",)


def log_scorecard(mlflow: Any, scorecard: Scorecard, files: Path) -> Any:
    """Log the scorecard that was written to ``files`` with the code that reads it; nothing is
    pickled, nor registered. Returns what MLflow says of it."""
    code = write_package(files.parent / "code")
    # MLflow writes its progress to standard error, into whatever the caller is showing there.
    with redirect_stderr(StringIO()):
        return mlflow.pyfunc.log_model(
            name="scorecard",
            loader_module=f"{code.name}.{FIRST}",
            data_path=str(files),
            code_paths=[str(code)],
            signature=signature(scorecard),
            input_example=usual_lead(scorecard),
            pip_requirements=requirements(files),
        )


def requirements(files: Path) -> list[str]:
    """What is to be installed to score by these files, in the versions they were made with."""
    names = (*ALWAYS, *FOR_TREES) if (files / TREES_FILE).exists() else ALWAYS
    return [f"{name}=={version(name)}" for name in ("mlflow", *names)]


def usual_lead(scorecard: Scorecard) -> pd.DataFrame:
    """A lead that is nobody: the usual value of each feature among the leads learned from, without
    those for which there is none."""
    usual = {feature.name: scorecard.usual(feature.name) for feature in scorecard.features}
    return pd.DataFrame([{name: value for name, value in usual.items() if value is not None}])


def signature(scorecard: Scorecard) -> Any:
    """Every feature, none of them required, and what is answered.

    Numbers are of any type: MLflow would refuse whole numbers, yes and no, and what is not known
    where it expects a double. What is no number is refused by the model itself.
    """
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, Array, ColSpec, Object, Property, Schema

    inputs = [
        ColSpec(
            "string" if feature.kind is FeatureKind.CATEGORICAL else AnyType(),
            feature.name,
            required=False,
        )
        for feature in scorecard.features
    ]
    reason = Object(
        [Property("feature", "string"), Property("text", "string"), Property("points", "double")]
    )
    outputs = [
        *(ColSpec("double", name) for name in NUMBERS),
        ColSpec("string", "confidence"),
        ColSpec(Array(reason), "reasons"),
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))
