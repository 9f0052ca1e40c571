"""Encrypting everything that is stored with the newest master key.

The columns are those of the encrypted types in the tables' metadata, so that none is forgotten;
what is still to be done is read from the values themselves, whose first byte is the version they
were written with. So nothing else has to be remembered, and whoever goes on after a kill goes on
where it was.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    bindparam,
    func,
    or_,
    select,
    text,
    tuple_,
    type_coerce,
    update,
)

from leadflow.privacy.columns import Encrypted, EncryptedBytes
from leadflow.privacy.encryption import Cipher

AT_A_TIME = 500
# Parts of files have a megabyte each.
PARTS_AT_A_TIME = 20
OWN_NUMBER = text("SELECT pg_current_xact_id()::text::bigint")
OLDEST_AT_WORK = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
Key = tuple[Any, ...]


@dataclass(frozen=True)
class EncryptedTable:
    """A table with its encrypted columns, each with the name that is bound into its values."""

    table: Table
    columns: tuple[tuple[Column[Any], str], ...]

    @property
    def name(self) -> str:
        """What the table is called."""
        return self.table.name

    @property
    def most(self) -> int:
        """How many of its rows at most are held in memory at a time."""
        parts = any(isinstance(column.type, EncryptedBytes) for column, _ in self.columns)
        return PARTS_AT_A_TIME if parts else 2**31 - 1


def encrypted_tables(metadata: MetaData) -> list[EncryptedTable]:
    """Every table that has an encrypted column."""
    found = [
        EncryptedTable(
            table,
            tuple(
                (one, one.type.field) for one in table.columns if isinstance(one.type, Encrypted)
            ),
        )
        for table in metadata.sorted_tables
    ]
    return [one for one in found if one.columns]


def values_by_version(connection: Connection, tables: Sequence[EncryptedTable]) -> Counter[int]:
    """How many values were written with each version of the master key."""
    counted: Counter[int] = Counter()
    for column in (column for one in tables for column, _ in one.columns):
        version = _version(column)
        found = select(version, func.count()).where(column.is_not(None)).group_by(version)
        for which, count in connection.execute(found).tuples():
            counted[which] += count
    return counted


def rewrite_some(
    connection: Connection,
    one: EncryptedTable,
    cipher: Cipher,
    after: Key | None = None,
    most: int = AT_A_TIME,
) -> Key | None:
    """Encrypt the values of at most so many rows with the first key of the cipher's ring, in the
    caller's transaction. A row that somebody else holds in that moment is passed over.

    Args:
        after: go on after the row with this key; None: from the beginning.

    Returns:
        The key of the last row, None where there was none.

    Raises:
        SecretKeyError: a value does not open.
    """
    keys = list(one.table.primary_key.columns)
    earlier = [_version(column) != cipher.ring.current for column, _ in one.columns]
    wanted = select(*keys, *(type_coerce(column, LargeBinary) for column, _ in one.columns))
    wanted = wanted.where(or_(*earlier)).order_by(*keys).limit(most)
    if after is not None:
        wanted = wanted.where(tuple_(*keys) > tuple_(*after))
    # What only refers to a row does not hold it up.
    rows = connection.execute(wanted.with_for_update(skip_locked=True, key_share=True)).all()
    if not rows:
        return None
    change = update(one.table).where(
        *(key == bindparam(f"key_{at}") for at, key in enumerate(keys))
    )
    values = {
        column: type_coerce(bindparam(f"value_{at}"), LargeBinary)
        for at, (column, _) in enumerate(one.columns)
    }
    connection.execute(change.values(values), list(_changes(rows, one, cipher, len(keys))))
    return tuple(rows[-1][: len(keys)])


def own_number(connection: Connection) -> int:
    """The number of the caller's transaction: those that wrote before it have smaller ones."""
    return int(connection.execute(OWN_NUMBER).scalar_one())


def have_ended(connection: Connection, before: int) -> bool:
    """Whether every transaction with a smaller number is over."""
    return int(connection.execute(OLDEST_AT_WORK).scalar_one()) >= before


def _version(column: Column[Any]) -> ColumnElement[int]:
    return func.get_byte(type_coerce(column, LargeBinary), 0)


def _changes(
    rows: Sequence[Sequence[Any]], one: EncryptedTable, cipher: Cipher, keys: int
) -> Iterator[dict[str, Any]]:
    for row in rows:
        change = {f"key_{at}": part for at, part in enumerate(row[:keys])}
        for at, ((_, field), stored) in enumerate(zip(one.columns, row[keys:], strict=True)):
            change[f"value_{at}"] = _rewritten(stored, field, cipher)
        yield change


def _rewritten(stored: bytes | None, field: str, cipher: Cipher) -> bytes | None:
    if stored is None or stored[0] == cipher.ring.current:
        return stored
    return cipher.encrypt(cipher.decrypt(stored, field), field)
