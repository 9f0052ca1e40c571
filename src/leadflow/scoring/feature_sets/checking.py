"""Checking the files of a set before it counts, and what its manifest says in the end."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from expectations.feature_set import look_at
from leadflow.scoring.feature_sets.building import Build
from leadflow.scoring.feature_sets.columns import aggregates_of
from leadflow.scoring.feature_sets.manifest import Check, KeptFeature, Manifest, Part
from leadflow.scoring.feature_sets.reading import (
    CONVERTED,
    EVER,
    frame_of,
    previous_manifest,
)
from leadflow.scoring.serving.feature_frames import all_features
from leadflow.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

# Of so many leads the distribution of a set is written down, and held against the next one.
DISTRIBUTED = 10_000


class SetRefused(RuntimeError):
    """A set does not meet what is expected of any; it does not count."""


def checked(build: Build, parts: Sequence[Part], settings: Settings) -> Manifest:
    """Read the files again as they were written, check what is in them, and say what there is.

    Raises:
        SetRefused: something that is expected of any set is not so.
    """
    from models.code_version import code_version
    from models.reference import Reference

    features = all_features(build.custom)
    labels = () if build.horizon is None else (CONVERTED, EVER)
    frame = frame_of(build.folder, parts, features, labels, whole=False)
    before = previous_manifest(build.row)
    reference = None if before is None else Reference.from_dict(before.reference)
    found = look_at(frame, _sample(frame), reference, settings.drift_bound)
    checks = tuple(Check(one.column, one.rule, one.met, one.fatal, one.found) for one in found)
    _refuse(checks)
    return Manifest(
        id=build.row.id,
        purpose=build.purpose,
        as_of=build.row.as_of,
        horizon_days=None if build.horizon is None else build.horizon.days,
        base_id=build.row.base_id,
        definitions_sha256=build.row.definitions_sha256,
        code=str(code_version()),
        features=_kept(build),
        aggregates=aggregates_of(build),
        parts=tuple(parts),
        checks=checks,
        reference=Reference.of(_sample(frame), features).to_dict(),
    )


def _refuse(checks: Sequence[Check]) -> None:
    unmet = [check for check in checks if check.fatal and not check.met]
    if unmet:
        said = "; ".join(f"{check.column} {check.rule}: {check.found}" for check in unmet)
        raise SetRefused(
            f"The set of features does not count, the one before does. Not as expected: {said}."
        )


def _sample(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Leads from all over the set: the same of the same set."""
    return frame.sample(DISTRIBUTED, random_state=0) if len(frame) > DISTRIBUTED else frame


def _kept(build: Build) -> tuple[KeptFeature, ...]:
    return tuple(
        KeptFeature(item.feature, item.moves, item.feature.name not in build.dropped)
        for item in build.definitions
    )
