"""What a set of features says of itself: its moment, its definitions, its files, its checks."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, get_args

from features.feature import Feature

Purpose = Literal["serving", "training", "recent"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
FILE = "manifest.json"
FORM = 1


@dataclass(frozen=True)
class Part:
    """One file of a set: the leads after one id up to another (None: to the end), how many they
    are, and of how many what was counted of their events was carried over."""

    file: str
    after_id: str
    to_id: str | None
    leads: int
    carried: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Check:
    """What was expected of a column, and whether it is met. ``fatal``: a set that does not meet it
    is not kept. ``found``: of how many leads it is not, or by how much."""

    column: str
    rule: str
    met: bool
    fatal: bool
    found: str = ""


@dataclass(frozen=True)
class KeptFeature:
    """A feature as it was defined. ``moves``: it changes with time alone. ``learned``: models may
    learn from it; they do not from attributes that were dropped."""

    feature: Feature
    moves: bool
    learned: bool


@dataclass(frozen=True)
class Manifest:
    """A whole set. ``horizon_days``: of labels, where it has any. ``reference``: how values were
    distributed, for the next set to be held against."""

    id: str
    purpose: Purpose
    as_of: datetime
    horizon_days: int | None
    base_id: str | None
    definitions_sha256: str
    code: str
    features: tuple[KeptFeature, ...]
    aggregates: tuple[str, ...]
    parts: tuple[Part, ...]
    checks: tuple[Check, ...]
    reference: Mapping[str, Any]

    @property
    def feature_list(self) -> tuple[Feature, ...]:
        """The features, in the order of their columns."""
        return tuple(kept.feature for kept in self.features)

    @property
    def leads(self) -> int:
        """How many leads it has."""
        return sum(part.leads for part in self.parts)

    @property
    def carried(self) -> int:
        """Of how many leads aggregates were carried over."""
        return sum(part.carried for part in self.parts)

    @property
    def digest(self) -> str:
        """SHA-256 over those of the files: the same for the same content."""
        return sha256("".join(part.sha256 for part in self.parts).encode()).hexdigest()

    def to_json(self) -> bytes:
        """As it is written beside the files."""
        said = asdict(self) | {
            "form": FORM,
            "as_of": self.as_of.isoformat(),
            "leads": self.leads,
            "digest": self.digest,
        }
        return json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False).encode()

    @staticmethod
    def from_json(content: bytes) -> "Manifest":
        """What ``to_json`` gave.

        Raises:
            ValueError: it is of a form that this version does not know.
        """
        said = json.loads(content)
        if said.pop("form", None) != FORM:
            raise ValueError("The manifest is of a newer form: update Leadflow to read this set.")
        del said["leads"], said["digest"]
        return Manifest(
            **said
            | {
                "as_of": datetime.fromisoformat(said["as_of"]),
                "features": tuple(
                    KeptFeature(Feature.from_dict(item["feature"]), item["moves"], item["learned"])
                    for item in said["features"]
                ),
                "aggregates": tuple(said["aggregates"]),
                "parts": tuple(Part(**item) for item in said["parts"]),
                "checks": tuple(Check(**item) for item in said["checks"]),
            }
        )
