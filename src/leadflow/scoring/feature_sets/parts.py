"""One part of a set: the features of the leads of a range, as a Parquet file."""

from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from features.carrying import aggregated_query
from leadflow.scoring.feature_sets.building import Build, KeyRange, same_view
from leadflow.scoring.feature_sets.carried import (
    carried_rows,
    others,
    told_apart,
    unchanged_rows,
    without_news,
)
from leadflow.scoring.feature_sets.columns import columns_of, labelled, moments_within
from leadflow.scoring.feature_sets.manifest import Part
from leadflow.scoring.feature_sets.packed import Packed
from leadflow.scoring.feature_sets.reading import LEAD_ID

if TYPE_CHECKING:
    import pyarrow as pa


def make_part(engine: Engine, build: Build, keys: KeyRange) -> Part:
    """Compute a part and write its file; made again, it is the same."""
    with same_view(engine, build) as session:
        rows, carried = _rows(session, build, keys)
    content = _as_parquet(rows)
    name = f"part-{keys.number:05}.parquet"
    build.folder.write(name, content)
    return Part(
        name,
        keys.after_id,
        keys.to_id,
        rows.num_rows,
        carried,
        len(content),
        sha256(content).hexdigest(),
    )


def _rows(session: Session, build: Build, keys: KeyRange) -> "tuple[pa.Table, int]":
    """The rows in order of their leads, and of how many aggregates were carried over."""
    import pyarrow as pa

    within = {"after_id": keys.after_id, "to_id": keys.to_id}
    if build.base is None:
        return _counted(session, build, within).sort_by(LEAD_ID), 0
    before = without_news(build, build.base, keys)
    as_they_were, changed = told_apart(build, before)
    kept = [unchanged_rows(session, build, as_they_were, within)]
    kept += [carried_rows(session, build, changed, within)]
    found = pa.concat_tables([*kept, _counted(session, build, within)])
    return found.sort_by(LEAD_ID), sum(rows.num_rows for rows in kept)


def _counted(session: Session, build: Build, within: Mapping[str, str | None]) -> "pa.Table":
    """The rows of all leads of the range that nothing was carried over of."""

    moments = moments_within(build) if build.base is None else others(session, build, within)

    def query() -> Packed:
        return Packed.of(
            labelled(build, aggregated_query(moments, build.types, build.custom)), columns_of(build)
        )

    return build.packed("counted", query).read(session, within)


def _as_parquet(rows: "pa.Table") -> bytes:
    import pyarrow.parquet as pq

    written = BytesIO()
    pq.write_table(rows.combine_chunks(), written, compression="zstd", compression_level=1)
    return written.getvalue()
