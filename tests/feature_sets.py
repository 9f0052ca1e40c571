"""Sets of features made as the flow makes them, without a server."""

from collections.abc import Sequence
from datetime import UTC, datetime

from leadflow.database.engine import get_engine
from leadflow.scoring.feature_sets import building, checking, parts
from leadflow.scoring.feature_sets.building import Since
from leadflow.scoring.feature_sets.manifest import Manifest, Purpose
from leadflow.settings import get_settings


def make_set(
    purpose: Purpose = "serving",
    since: Since = "latest",
    now: datetime | None = None,
    as_of: datetime | None = None,
) -> Manifest:
    """A set that counts."""
    now = now or datetime.now(UTC)
    settings, engine = get_settings(), get_engine()
    with building.begun(engine, settings, purpose, since, now, as_of) as build:
        made = [parts.make_part(engine, build, keys) for keys in build.ranges]
        manifest = checking.checked(build, made, settings)
        building.finish(build, manifest, now, settings.feature_sets_kept)
    return manifest


def hashes(manifest: Manifest) -> Sequence[str]:
    """Of each file, in order."""
    return [part.sha256 for part in manifest.parts]
