"""One part of a set: the features of the leads of a range, as a Parquet file."""

from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Select, column, select, table, text
from sqlalchemy.orm import Session

from features.carrying import (
    AGGREGATES,
    COUNTED_AT,
    aggregate_column,
    aggregated_query,
    carried_aggregates,
    carried_query,
    is_moment,
)
from features.feature import FeatureKind
from features.recorded import NOT_RECORDED
from features.training_moments import label_columns
from leadflow.database.copying import copy_columns
from leadflow.scoring.feature_sets.building import Build, KeyRange, same_view
from leadflow.scoring.feature_sets.folder import SetFolder
from leadflow.scoring.feature_sets.manifest import Manifest, Part
from leadflow.scoring.feature_sets.packed import Column, read_columns
from leadflow.scoring.feature_sets.reading import AS_OF, CONVERTED, EVER, LEAD_ID, read_part
from leadflow.scoring.serving.feature_frames import all_features

if TYPE_CHECKING:
    import pyarrow as pa

CARRIED = "carried_aggregates"


def make_part(engine: Engine, build: Build, keys: KeyRange) -> Part:
    """Compute a part and write its file; made again, it is the same."""
    with same_view(engine, build) as session:
        chosen = build.moments().subquery("chosen")
        moments = select(chosen.c.lead_id, chosen.c.as_of).where(chosen.c.lead_id > keys.after_id)
        if keys.to_id is not None:
            moments = moments.where(chosen.c.lead_id <= keys.to_id)
        rows, carried = _rows(session, build, keys, moments)
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


def _rows(
    session: Session, build: Build, keys: KeyRange, moments: "Select[Any]"
) -> "tuple[pa.Table, int]":
    """The rows in order of their leads, and of how many aggregates were carried over."""
    import pyarrow as pa

    columns = columns_of(build)
    if build.base is None:
        rows = _labelled(build, aggregated_query(moments, build.types, build.custom))
        return read_columns(session, rows, columns).sort_by(LEAD_ID), 0
    kept = _carried_over(session, build, build.base, keys, moments, columns)
    carried = table(CARRIED, column(LEAD_ID))
    others = moments.where(moments.selected_columns.lead_id.not_in(select(carried.c.lead_id)))
    rest = _labelled(build, aggregated_query(others, build.types, build.custom))
    found = [kept, read_columns(session, rest, columns)]
    return pa.concat_tables(found).sort_by(LEAD_ID), kept.num_rows


def _carried_over(
    session: Session,
    build: Build,
    base: Manifest,
    keys: KeyRange,
    moments: "Select[Any]",
    columns: Sequence[Column],
) -> "pa.Table":
    """The rows of leads without news; their ids are left in the table of this transaction."""
    import pyarrow.compute as pc

    before = _of_base(build, base, keys)
    needed = carried_aggregates(build.custom)
    types = ", ".join(
        f'"{need.name}" {"timestamptz" if is_moment(need) else "bigint"}' for need in needed
    )
    session.execute(text(f"CREATE TEMP TABLE {CARRIED} ({LEAD_ID} text, {types}) ON COMMIT DROP"))
    given = before.select([LEAD_ID, *(aggregate_column(need.name) for need in needed)])
    given = given.rename_columns([LEAD_ID, *(need.name for need in needed)])
    for batch in given.combine_chunks().to_batches():
        copy_columns(session, CARRIED, batch)
    session.execute(text(f"ANALYZE {CARRIED}"))
    carried = table(CARRIED, column(LEAD_ID), *(column(need.name) for need in needed))
    query = carried_query(moments, build.types, build.custom, carried)
    # What is carried over is here already and need not come back.
    kept = [aggregate_column(need.name) for need in needed]
    anew = [one for one in columns if one.name not in kept]
    found = read_columns(session, _labelled(build, query), anew)
    same, others = _as_before(build, found, before)
    if others:
        session.execute(
            text(f"DELETE FROM {CARRIED} WHERE {LEAD_ID} = ANY(:others)"), {"others": others}
        )
    at = pc.index_in(same[LEAD_ID], before[LEAD_ID].combine_chunks())
    for name in kept:
        same = same.append_column(name, before[name].take(at))
    return same.select([one.name for one in columns])


def _of_base(build: Build, base: Manifest, keys: KeyRange) -> "pa.Table":
    """What the set before has of leads of this range, without those that have news. It is only
    ever carried over by lead id, so that it does no harm where it has others too."""
    import pyarrow as pa
    import pyarrow.compute as pc

    needed = [aggregate_column(need.name) for need in carried_aggregates(build.custom)]
    names = [LEAD_ID, AS_OF, aggregate_column(COUNTED_AT), *needed]
    folder = SetFolder(build.base_address)
    parts = [part for part in base.parts if _overlap(part, keys)]
    found = pa.concat_tables([read_part(folder, part, names) for part in parts])
    news = pa.array(sorted(build.news), pa.string())
    return found.filter(pc.invert(pc.is_in(found[LEAD_ID], news)))


def _overlap(part: Part, keys: KeyRange) -> bool:
    begins_before = keys.to_id is None or part.after_id < keys.to_id
    return begins_before and (part.to_id is None or part.to_id > keys.after_id)


def _as_before(build: Build, found: "pa.Table", before: "pa.Table") -> "tuple[pa.Table, list[str]]":
    """The rows whose aggregates are still right, and the other leads: the company has counted
    anew, or the lead is looked at at another moment that time did not bring."""
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pc.index_in(found[LEAD_ID], before[LEAD_ID].combine_chunks())
    compared = [aggregate_column(COUNTED_AT)]
    if build.purpose != "serving":
        compared.append(AS_OF)
    right = pa.chunked_array([pa.array([True] * found.num_rows, pa.bool_())])
    for name in compared:
        now, then = found[name], before[name].take(at)
        both_missing = pc.and_(pc.is_null(now), pc.is_null(then))
        right = pc.and_(right, pc.or_(both_missing, pc.fill_null(pc.equal(now, then), False)))
    others: list[str] = found.filter(pc.invert(right))[LEAD_ID].to_pylist()
    return found.filter(right), others


def _labelled(build: Build, rows: "Select[Any]") -> "Select[Any]":
    if build.horizon is None:
        return rows
    features = rows.subquery("features")
    return select(features, *label_columns(features, build.horizon))


def columns_of(build: Build) -> list[Column]:
    """The columns of a file, in their order."""
    needed = carried_aggregates(build.custom)
    return [
        Column(LEAD_ID, "text"),
        Column(AS_OF, "moment"),
        *(
            Column(item.name, "text" if item.kind is FeatureKind.CATEGORICAL else "number")
            for item in (*all_features(build.custom), NOT_RECORDED)
        ),
        *(Column(name, "truth") for name in (CONVERTED, EVER) if build.horizon is not None),
        *(
            Column(aggregate_column(need.name), "moment" if is_moment(need) else "whole")
            for need in needed
        ),
        Column(aggregate_column(COUNTED_AT), "moment"),
    ]


def aggregates_of(build: Build) -> tuple[str, ...]:
    """The names of the columns that are there for the next set alone."""
    return tuple(one.name for one in columns_of(build) if one.name.startswith(AGGREGATES))


def _as_parquet(rows: "pa.Table") -> bytes:
    import pyarrow.parquet as pq

    written = BytesIO()
    pq.write_table(rows.combine_chunks(), written, compression="zstd", compression_level=1)
    return written.getvalue()
