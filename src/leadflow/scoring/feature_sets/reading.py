"""Reading sets of features: which there are, and what is in them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from features.feature import Feature, FeatureKind
from features.recorded import NOT_RECORDED
from leadflow.database.engine import unit_of_work
from leadflow.scoring.feature_sets.folder import SetFolder
from leadflow.scoring.feature_sets.manifest import FILE, Manifest, Part, Purpose
from leadflow.scoring.feature_sets.tables import FeatureSet
from leadflow.scoring.serving.feature_frames import TrainingSet

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

LATEST = "latest"
LEAD_ID, AS_OF, CONVERTED, EVER = "lead_id", "as_of", "converted", "ever"


class NoSuchSet(LookupError):
    """There is no such set of features."""


class SetGone(RuntimeError):
    """The files of a set are not there any more, or are not those that were written."""


def find_set(session: Session, name: str, purpose: str = "serving") -> FeatureSet:
    """The set of this id, or the latest for a purpose.

    Raises:
        NoSuchSet: there is none.
    """
    whole = select(FeatureSet).where(FeatureSet.ready_at.is_not(None))
    if name == LATEST:
        newest = whole.where(FeatureSet.purpose == purpose).order_by(FeatureSet.ready_at.desc())
        found = session.scalars(newest.limit(1)).first()
        if found is None:
            raise NoSuchSet(
                f"There is no set of features for {purpose} yet. Make one: "
                f"leadflow features build --for {purpose}"
            )
        return found
    found = session.scalars(whole.where(FeatureSet.id == name)).first()
    if found is None:
        raise NoSuchSet(
            f"There is no set of features {name}. See which there are: leadflow features list"
        )
    return found


def fresh_set(
    session: Session, purpose: Purpose, now: datetime, minutes: float, horizon_days: int | None
) -> FeatureSet | None:
    """The latest set for a purpose, where it is no older than so many minutes, its files are there
    and its labels are of this horizon."""
    found = session.scalars(
        select(FeatureSet)
        .where(
            FeatureSet.purpose == purpose,
            FeatureSet.ready_at.is_not(None),
            FeatureSet.as_of > now - timedelta(minutes=minutes),
        )
        .order_by(FeatureSet.ready_at.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    try:
        manifest = read_manifest(found)
    except SetGone:
        return None
    return found if manifest.horizon_days == horizon_days else None


def previous_manifest(row: FeatureSet) -> Manifest | None:
    """What the newest set for the same purpose says of itself; None where there is none to read."""
    with unit_of_work() as session:
        try:
            return read_manifest(find_set(session, LATEST, row.purpose))
        except (NoSuchSet, SetGone):
            return None


def read_manifest(row: FeatureSet) -> Manifest:
    """What a set says of itself.

    Raises:
        SetGone: it is not there, or not as it was written.
    """
    content = _read(SetFolder(row.address), FILE)
    if sha256(content).hexdigest() != row.manifest_sha256:
        raise _altered(row.address, FILE)
    return Manifest.from_json(content)


def read_part(
    folder: SetFolder, part: Part, columns: Sequence[str] | None = None, *, whole: bool = True
) -> "pa.Table":
    """The rows of one file of a set, in order of their leads.

    Raises:
        SetGone: it is not there, or not as it was written.
    """
    import pyarrow.parquet as pq

    content = _read(folder, part.file, whole=whole)
    if sha256(content).hexdigest() != part.sha256:
        raise _altered(folder.address, part.file)
    return pq.read_table(BytesIO(content), columns=None if columns is None else list(columns))


def read_set(row: FeatureSet, manifest: Manifest | None = None) -> "pd.DataFrame":
    """A set as a frame: a row a lead, indexed by lead id; its moment, its features,
    ``not_recorded``, and in one for training ``converted`` and ``ever``.

    Raises:
        SetGone: files are not there, or not as they were written.
    """
    manifest = manifest or read_manifest(row)
    return frame_of(
        SetFolder(row.address), manifest.parts, manifest.feature_list, labels_of(manifest)
    )


def labels_of(manifest: Manifest) -> tuple[str, ...]:
    """The columns that say what became of the leads, where the set has any."""
    return () if manifest.horizon_days is None else (CONVERTED, EVER)


def frame_of(
    folder: SetFolder,
    parts: Sequence[Part],
    features: Sequence[Feature],
    labels: Sequence[str],
    *,
    whole: bool = True,
) -> "pd.DataFrame":
    """The rows of these files as a frame; see ``read_set``."""
    import pandas as pd
    import pyarrow as pa

    shown = [*features, NOT_RECORDED]
    names = [LEAD_ID, AS_OF, *(feature.name for feature in shown), *labels]
    table = pa.concat_tables([read_part(folder, part, names, whole=whole) for part in parts])
    columns: dict[str, Any] = {AS_OF: table[AS_OF].to_pandas()}
    columns |= {feature.name: _column(feature, table[feature.name]) for feature in shown}
    columns |= {name: table[name].to_numpy().astype("int64") for name in labels}
    index = pd.Index(table[LEAD_ID].to_pylist(), name=LEAD_ID)
    return pd.DataFrame({name: _bare(values) for name, values in columns.items()}, index=index)


def training_set_of(row: FeatureSet) -> TrainingSet:
    """What models learn from, as a set for training keeps it: the same for ever.

    Raises:
        SetGone: files are not there, or not as they were written.
        NoSuchSet: the set is not for training.
    """
    manifest = read_manifest(row)
    if manifest.horizon_days is None:
        raise NoSuchSet(
            f"{row.id} is a set for {row.purpose} and says nothing of outcomes. Make one that "
            "does: leadflow features build --for training"
        )
    frame = read_set(row, manifest).sort_values(AS_OF, kind="stable")
    moments = frame[AS_OF].dt.tz_localize(None)
    features = [kept.feature for kept in manifest.features]
    return TrainingSet(
        features=tuple(kept.feature for kept in manifest.features if kept.learned),
        frame=frame[[feature.name for feature in [*features, NOT_RECORDED]]],
        converted=frame[CONVERTED].to_numpy(),
        moments=moments.to_numpy(dtype="datetime64[us]"),
        ever=frame[EVER].to_numpy(),
    )


def _bare(values: Any) -> Any:
    return getattr(values, "array", values)


def _column(feature: Feature, values: "pa.ChunkedArray") -> Any:
    import numpy as np
    import pandas as pd

    if feature.kind is not FeatureKind.CATEGORICAL:
        return values.to_numpy().astype(np.float64)
    coded = values.combine_chunks().dictionary_encode()
    if not len(coded.dictionary):
        return pd.Categorical([None] * len(coded))
    known = pd.Categorical(coded.dictionary.to_pylist())
    places = np.asarray(coded.indices.fill_null(-1))
    # Minus one stays so: the last of the codes is of no category.
    codes = np.append(known.codes, -1)[places]
    return pd.Categorical.from_codes(codes, categories=known.categories)


def _read(folder: SetFolder, name: str, *, whole: bool = True) -> bytes:
    try:
        return folder.read(name, whole=whole)
    except FileNotFoundError as error:
        raise SetGone(
            f"{name} of the set of features at {folder.address} is not there any more. Bring it "
            "back from a copy, or make another set: leadflow features build"
        ) from error


def _altered(address: str, name: str) -> SetGone:
    return SetGone(
        f"{name} of the set of features at {address} is not as it was written. Bring it back from "
        "a copy, or make another set: leadflow features build"
    )
