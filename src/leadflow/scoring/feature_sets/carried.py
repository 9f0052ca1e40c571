"""The rows of a part whose leads have no news: carried over from the set before.

Where a lead's profile is as it was too, only what moves is asked for; of the others the profile is
read anew, and what was counted of their events is given to it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    FromClause,
    Select,
    Text,
    any_,
    column,
    delete,
    insert,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.orm import Session

from features.activity import Aggregate, LastOfAll
from features.carrying import (
    COUNTED_AT,
    aggregate_column,
    carried_aggregates,
    carried_query,
    is_moment,
    moving_aggregates,
    moving_definitions,
    moving_query,
)
from features.recorded import NOT_RECORDED
from features.store import leads
from leadflow.database.copying import copy_columns
from leadflow.scoring.feature_sets.building import Build, KeyRange
from leadflow.scoring.feature_sets.columns import columns_of, labelled, moments_within, of_range
from leadflow.scoring.feature_sets.folder import SetFolder
from leadflow.scoring.feature_sets.manifest import Manifest, Part
from leadflow.scoring.feature_sets.packed import Column, Packed
from leadflow.scoring.feature_sets.reading import AS_OF, LEAD_ID, read_part

if TYPE_CHECKING:
    import pyarrow as pa

PLACE = "place"
# Tables of a transaction: the leads of whom something is carried over.
AS_THEY_WERE, WITH_COUNTS = (
    table(name, column(LEAD_ID)) for name in ("carried_as_they_were", "carried_counts")
)
CARRIED = (AS_THEY_WERE, WITH_COUNTS)
# And those that are counted anew.
ANEW = table("counted_anew", column(LEAD_ID), column(AS_OF))


def without_news(build: Build, base: Manifest, keys: KeyRange) -> "pa.Table":
    """What the set before has of the leads of this range whose events are as they were."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = None if build.purpose == "serving" else _counts(build)
    folder = SetFolder(build.base_address)
    parts = [part for part in base.parts if _overlap(part, keys)]
    found = pa.concat_tables([read_part(folder, part, names) for part in parts])
    left = pc.is_in(found[LEAD_ID], value_set=_ids(build.news))
    beyond = pc.less_equal(found[LEAD_ID], keys.after_id)
    if keys.to_id is not None:
        beyond = pc.or_(beyond, pc.greater(found[LEAD_ID], keys.to_id))
    return found.filter(pc.invert(pc.or_(left, beyond)))


def told_apart(build: Build, before: "pa.Table") -> "tuple[pa.Table, pa.Table]":
    """The rows of leads whose profile is as it was, and the others. At moments of their own, which
    others than the present are, any may be looked at anew."""
    import pyarrow.compute as pc

    if build.purpose != "serving":
        return before.slice(0, 0), before
    changed = pc.is_in(before[LEAD_ID], value_set=_ids(build.changed))
    return before.filter(pc.invert(changed)), before.filter(changed).select(_counts(build))


def unchanged_rows(
    session: Session, build: Build, before: "pa.Table", within: Mapping[str, str | None]
) -> "pa.Table":
    """The rows of leads that are as they were, with what moves at this moment; none of a lead that
    is gone."""
    import numpy as np
    import pyarrow as pa

    needed = moving_aggregates(build.custom)
    places = pa.array(np.arange(before.num_rows))
    carried = _put(session, AS_THEY_WERE.name, before, needed, places)
    names = [item.feature.name for item in moving_definitions(build.custom)]
    columns = columns_of(build)
    if not before.num_rows:
        return _nothing(columns)
    moving = [one for one in columns if one.name in (*names, NOT_RECORDED.name)]

    def query() -> Packed:
        known = of_range(leads.c.id)
        found = moving_query(build.row.as_of, build.types, build.custom, carried, *known)
        return Packed.of(found, [*moving, Column(PLACE, "whole")])

    found = build.packed("moving", query).read(session, within)
    as_of = pa.scalar(build.row.as_of, before.schema.field(AS_OF).type)
    found = found.append_column(AS_OF, pa.repeat(as_of, found.num_rows))
    kept = before.take(found[PLACE])
    names = [one.name for one in columns]
    return pa.table(
        [(found if name in found.column_names else kept)[name] for name in names], names
    )


def carried_rows(
    session: Session, build: Build, before: "pa.Table", within: Mapping[str, str | None]
) -> "pa.Table":
    """The rows of leads whose events alone are as they were. Where those cannot be carried over
    after all, the lead is taken out of the table of those that are."""
    import pyarrow.compute as pc

    needed = carried_aggregates(build.custom)
    carried = _put(session, WITH_COUNTS.name, before, needed)
    columns = columns_of(build)
    if not before.num_rows:
        return _nothing(columns)
    # What is carried over is here already and need not come back.
    kept = [aggregate_column(need.name) for need in needed]

    def query() -> Packed:
        found = carried_query(moments_within(build), build.types, build.custom, carried)
        return Packed.of(labelled(build, found), [one for one in columns if one.name not in kept])

    found = build.packed("carried", query).read(session, within)
    same, others = _as_before(build, found, before)
    if others:
        these = any_(literal(others, ARRAY(Text)))
        session.execute(delete(WITH_COUNTS).where(WITH_COUNTS.c.lead_id == these))
    at = pc.index_in(same[LEAD_ID], before[LEAD_ID].combine_chunks())
    for name in kept:
        same = same.append_column(name, before[name].take(at))
    return same.select([one.name for one in columns])


def _put(
    session: Session,
    name: str,
    before: "pa.Table",
    needed: Sequence[Aggregate | LastOfAll],
    places: "pa.Array | None" = None,
) -> FromClause:
    """A table of this transaction with what PostgreSQL is to know of the set before."""
    types = ", ".join(
        f'"{need.name}" {"timestamptz" if is_moment(need) else "bigint"}' for need in needed
    )
    place = "" if places is None else f"{PLACE} bigint, "
    session.execute(
        text(f"CREATE TEMP TABLE {name} ({place}{LEAD_ID} text, {types}) ON COMMIT DROP")
    )
    given = before.select([LEAD_ID, *(aggregate_column(need.name) for need in needed)])
    given = given.rename_columns([LEAD_ID, *(need.name for need in needed)])
    if places is not None:
        given = given.append_column(PLACE, places)
    for batch in given.combine_chunks().to_batches():
        copy_columns(session, name, batch)
    session.execute(text(f"ANALYZE {name}"))
    return table(name, *(column(one) for one in given.column_names))


def others(session: Session, build: Build, within: Mapping[str, str | None]) -> "Select[Any]":
    """The leads of the range that nothing is carried over of, each with its moment. They are few:
    in a table of this transaction, PostgreSQL knows it and looks them up one by one."""
    session.execute(
        text(f"CREATE TEMP TABLE {ANEW.name} ({LEAD_ID} text, {AS_OF} timestamptz) ON COMMIT DROP")
    )
    moments = moments_within(build)
    lead_id = moments.selected_columns.lead_id
    not_carried = (lead_id.not_in(select(known.c.lead_id)) for known in CARRIED)
    chosen = moments.where(*not_carried)
    session.execute(insert(ANEW).from_select([LEAD_ID, AS_OF], chosen), within)
    session.execute(text(f"ANALYZE {ANEW.name}"))
    return select(ANEW.c.lead_id, ANEW.c.as_of)


def _counts(build: Build) -> list[str]:
    """The columns that are there for the next set, with those that say of whom and of when."""
    needed = [aggregate_column(need.name) for need in carried_aggregates(build.custom)]
    return [LEAD_ID, AS_OF, aggregate_column(COUNTED_AT), *needed]


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


def _ids(leads: frozenset[str]) -> "pa.Array":
    import pyarrow as pa

    return pa.array(sorted(leads), pa.string())


def _nothing(columns: Sequence[Column]) -> "pa.Table":
    """No row, of these columns."""
    import pyarrow as pa

    return pa.schema([one.field for one in columns]).empty_table()
