"""Any tampering with a chain of any content is found, and the first row it touched is named."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leadflow.audit import chain
from leadflow.audit.entries import Entry, chained, prepare
from leadflow.audit.exported import ExportedHead
from leadflow.audit.head import Head, sealed
from leadflow.audit.verification import Report, Row, check
from tests.examples import examples

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
# What PostgreSQL can hold: no NUL, no half of a pair.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda part: st.lists(part, max_size=3) | st.dictionaries(texts, part, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, values, max_size=3)
entries = st.builds(
    Entry,
    texts,
    texts,
    texts,
    objects,
    st.none() | texts,
    st.none() | objects,
    st.none() | objects,
    origin=st.none() | texts,
    request_id=st.none() | texts,
)
chains = st.lists(entries, min_size=2, max_size=8)
JSON_COLUMNS = (8, 9, 10)


def written(content: list[Entry]) -> list[list[Any]]:
    """The rows of a new log, as verification reads them."""
    rows = chained(Head(0, chain.FIRST), NOW, [prepare(entry) for entry in content])
    return [[row[0], eight_bytes(row[1]), *row[2:]] for row in rows]


def eight_bytes(at: datetime) -> bytes:
    return chain.microseconds(at).to_bytes(8, "big", signed=True)


def head_of(rows: list[list[Any]]) -> Row:
    return sealed(Head(rows[-1][0], rows[-1][-1]))


def found(rows: list[list[Any]], head: Row | None, *exported: ExportedHead) -> int | None:
    ordered = sorted(rows, key=lambda row: int(row[0]))
    report: Report = check([tuple(row) for row in ordered], head, exported)
    return None if report.broken is None else report.broken.number


@given(chains)
def test_a_chain_as_it_was_written_is_sound(content: list[Entry]) -> None:
    rows = written(content)
    assert found(rows, head_of(rows)) is None


@settings(max_examples=examples(300))
@given(chains, st.data())
def test_any_other_value_in_any_column_is_found(content: list[Entry], data: st.DataObject) -> None:
    rows = written(content)
    head = head_of(rows)
    row = data.draw(st.sampled_from(rows))
    column = data.draw(st.integers(1, 12))
    if column == 1:
        other: Any = data.draw(st.binary(min_size=8, max_size=8))
    elif column in JSON_COLUMNS:
        other = data.draw(st.none() | values.map(json.dumps))
        assume(canonical(other) != canonical(row[column]))
    else:
        other = data.draw(st.none() | texts | st.sampled_from([row[11], row[12], "0" * 64]))
    assume(other != row[column])
    row[column] = other
    assert found(rows, head) == row[0]


def canonical(text: str | None) -> str:
    return chain.content_of((), (text,))


@given(chains, st.data())
def test_a_deleted_row_is_found(content: list[Entry], data: st.DataObject) -> None:
    rows = written(content)
    head = head_of(rows)
    gone = rows.pop(data.draw(st.integers(0, len(rows) - 1)))
    assert found(rows, head) == gone[0]


@given(chains, st.data())
def test_a_deleted_row_is_found_when_later_ones_close_the_gap(
    content: list[Entry], data: st.DataObject
) -> None:
    rows = written(content)
    head = head_of(rows)
    place = data.draw(st.integers(0, len(rows) - 1))
    del rows[place]
    for number, row in enumerate(rows, 1):
        row[0] = number
    assert found(rows, head) == place + 1


@given(chains, st.data())
def test_two_rows_swapped_are_found(content: list[Entry], data: st.DataObject) -> None:
    rows = written(content)
    head = head_of(rows)
    places = st.lists(st.sampled_from(rows), min_size=2, max_size=2, unique_by=lambda row: row[0])
    one, two = data.draw(places)
    first = min(one[0], two[0])
    one[0], two[0] = two[0], one[0]
    assert found(rows, head) == first


@given(chains, entries, st.data())
def test_a_row_put_in_with_hashes_of_another_is_found(
    content: list[Entry], made_up: Entry, data: st.DataObject
) -> None:
    rows = written(content)
    head = head_of(rows)
    copied = data.draw(st.sampled_from(rows))
    place = data.draw(st.integers(1, len(rows) + 1))
    prepared = prepare(made_up)
    put_in = [place, copied[1], *prepared.texts, *prepared.values, *copied[11:]]
    for row in rows:
        row[0] += row[0] >= place
    assume(put_in[2:] != (rows[place - 1][2:] if place <= len(rows) else None))
    rows.append(put_in)
    assert found(rows, head) == place


@given(chains, st.data())
def test_a_cut_tail_is_found(content: list[Entry], data: st.DataObject) -> None:
    rows = written(content)
    head, whole = head_of(rows), len(rows)
    left = data.draw(st.integers(0, whole - 1))
    del rows[left:]
    assert found(rows, head) == left + 1
    assert found(rows, None) == (left or None)  # nothing at all: only an exported head can say


@given(chains, st.data())
def test_a_tail_cut_with_its_head_set_back_is_found_by_an_exported_head(
    content: list[Entry], data: st.DataObject
) -> None:
    rows = written(content)
    at = NOW.isoformat()
    exported = [
        ExportedHead(
            at, row[0], row[-1], chain.seal_exported(chain.chain_key(), at, row[0], row[-1])
        )
        for row in rows
    ]
    left = data.draw(st.integers(0, len(rows) - 1))
    del rows[left:]
    earlier = head_of(rows) if rows else None
    assert found(rows, earlier) is None
    assert found(rows, earlier, exported[-1]) == left + 1
    assert found(rows, earlier, *exported) == left + 1


@given(chains, entries)
def test_a_log_rewritten_with_the_key_is_found_by_an_exported_head(
    content: list[Entry], other: Entry
) -> None:
    assume(prepare(other) != prepare(content[0]))
    exported = ExportedHead("2026-03-01", len(content), written(content)[-1][-1], "")
    forged = written([other, *content[1:]])
    assert found(forged, head_of(forged)) is None
    assert found(forged, head_of(forged), exported) == len(content)


def test_a_head_that_nobody_sealed_is_found() -> None:
    rows = written([Entry("ana", "did", f"thing/{number}") for number in range(3)])
    number, last_hash, mac = head_of(rows)
    for forged in (
        (number, last_hash, "f" * 64),
        (number, "f" * 64, mac),
        (number + 1, last_hash, mac),
    ):
        assert found(rows, forged) == 3
    assert found(rows, None) == 3
    assert found(rows[:2], head_of(rows[:1])) == 2
