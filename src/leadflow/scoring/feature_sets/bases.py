"""From which set what was counted may be carried over."""

from sqlalchemy.orm import Session

from leadflow.scoring.feature_sets.manifest import Manifest
from leadflow.scoring.feature_sets.news import newest_of_each
from leadflow.scoring.feature_sets.reading import SetGone, read_manifest
from leadflow.scoring.feature_sets.tables import FeatureSet


def base_of(session: Session, row: FeatureSet) -> tuple[FeatureSet, Manifest] | None:
    """The newest set of the same purpose, made on the same server lately, where it is of the same
    definitions and its files are there; None: every lead is counted anew. No older one is taken:
    of those, news are not kept."""
    found = next((one for one in newest_of_each(session, row) if one.purpose == row.purpose), None)
    if found is None or found.as_of > row.as_of:
        return None
    if found.definitions_sha256 != row.definitions_sha256:
        return None
    try:
        return found, read_manifest(found)
    except SetGone:
        return None
