"""Scorecards as plain files: JSON, and trees as LightGBM's own text; nothing in them runs."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from models.additive import AdditiveModel
from models.calibration import Calibration
from models.doubt import Doubt
from models.encoding import Encoding
from models.rubric_model import RubricModel
from models.scorecard import Model, Part, Scorecard
from models.similar import Similar
from models.trees import TreeModel

MODEL_FILE, TREES_FILE = "model.json", "trees.txt"


class ModelFileDamaged(ValueError):
    """The folder does not hold a scorecard that this version reads."""


def write_scorecard(scorecard: Scorecard, directory: Path) -> None:
    """Write the scorecard into the folder."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / TREES_FILE).unlink(missing_ok=True)
    line = scorecard.calibration
    data: dict[str, Any] = {
        "name": scorecard.name,
        "regime": scorecard.regime,
        "model_share": scorecard.model_share,
        "reference": scorecard.reference,
        "calibration": {
            "slope": line.slope,
            "shift": line.shift,
            "doubt": None if line.doubt is None else line.doubt.to_dict(),
        },
        "similar": None if scorecard.similar is None else scorecard.similar.to_dict(),
        "parts": [_part_data(part, directory) for part in scorecard.parts],
    }
    (directory / MODEL_FILE).write_text(json.dumps(data, indent=1))


def read_scorecard(directory: Path, version: str = "not registered") -> Scorecard:
    """Read what ``write_scorecard`` wrote.

    Raises:
        ModelFileDamaged: a file is missing or not what is expected.
    """
    try:
        data = json.loads((directory / MODEL_FILE).read_text())
        line = data["calibration"]
        return Scorecard(
            parts=tuple(_part(item, directory) for item in data["parts"]),
            calibration=Calibration(
                float(line["slope"]),
                float(line["shift"]),
                None if line["doubt"] is None else Doubt(**line["doubt"]),
            ),
            reference=float(data["reference"]),
            name=data["name"],
            similar=None if data["similar"] is None else Similar.from_dict(data["similar"]),
            regime=data["regime"],
            model_share=float(data["model_share"]),
            version=version,
        )
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelFileDamaged(f"{directory} holds no scorecard: {error}") from error


def fingerprint(directory: Path) -> str:
    """SHA-256 over the names and contents of a scorecard's files."""
    digest = sha256()
    for name in sorted((MODEL_FILE, TREES_FILE)):
        path = directory / name
        if path.exists():
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _part_data(part: Part, directory: Path) -> dict[str, Any]:
    data: dict[str, Any] = {
        "weight": part.weight,
        **part.encoding.to_dict(),
    }
    model = part.model
    if isinstance(model, TreeModel):
        (directory / TREES_FILE).write_text(model.text)
        return data | {"trees": {"base": model.base, "sha256": _sha256(model.text)}}
    if isinstance(model, RubricModel):
        return data | {"rubric": model.to_dict()}
    if isinstance(model, AdditiveModel):
        return data | {"additive": model.to_dict()}
    raise TypeError(f"A {type(model).__name__} cannot be kept in a file.")


def _part(data: dict[str, Any], directory: Path) -> Part:
    return Part(float(data["weight"]), Encoding.from_dict(data), _model(data, directory))


def _model(data: dict[str, Any], directory: Path) -> Model:
    if "additive" in data:
        return AdditiveModel.from_dict(data["additive"])
    if "rubric" in data:
        return RubricModel.from_dict(data["rubric"])
    text = (directory / TREES_FILE).read_text()
    # Checked here, because damaged trees make LightGBM end the process when they are read.
    if _sha256(text) != data["trees"]["sha256"]:
        raise ValueError(f"{TREES_FILE} is not as it was saved.")
    return TreeModel(text, float(data["trees"]["base"]))


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()
