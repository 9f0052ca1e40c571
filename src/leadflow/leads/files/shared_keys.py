"""Whether the key of a mapping tells the leads of its file apart: rows of one key and different
e-mail addresses are of one lead whose address changed, or the column is no key."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice

from features.how_many import how_many, of_number
from features.normal_forms import plain_text
from leadflow.conditions.problems import Problem
from leadflow.leads import derive
from leadflow.leads.files.column_reader import ColumnReader
from leadflow.leads.files.formats.tables_of_text import BROKEN, Row
from leadflow.leads.files.mapping import Mapping, MappingInvalid
from leadflow.leads.files.mapping_parts import ROW

AT_A_TIME = 5000
# Of so many keys all rows are looked at; where a file has more, of a share of them.
MOST_KEYS = 20_000
# Addresses change, of few leads in one file. Fewer than these may be any leads.
FEWEST, SHARE = 5, 0.1


@dataclass
class _Seen:
    """The addresses under each key, and the first two rows that contradict one another. Of
    ``every`` so many keys one is looked at."""

    addresses: dict[str, set[str]] = field(default_factory=dict)
    first_row: dict[str, int] = field(default_factory=dict)
    rows: tuple[int, int] | None = None
    every: int = 1

    def wants(self, key: str) -> bool:
        """Whether rows of this key are looked at."""
        return key != "" and (self.every == 1 or _number(key) % self.every == 0)

    def take(self, row: int, key: str, address: str) -> None:
        """One more row."""
        there = self.addresses.get(key)
        if there is None:
            self.addresses[key], self.first_row[key] = {address}, row
            if len(self.addresses) > MOST_KEYS:
                self._fewer()
        elif address not in there:
            there.add(address)
            self.rows = self.rows or (self.first_row[key], row)

    def _fewer(self) -> None:
        self.every *= 2
        for key in [key for key in self.addresses if not self.wants(key)]:
            del self.addresses[key], self.first_row[key]


def _number(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=4).digest())


def told_apart(mapping: Mapping, rows: Iterator[Row]) -> tuple[str, ...]:
    """Look at all rows; what people should know of those that share a key.

    Raises:
        MappingInvalid: so many rows of one key have different addresses that it is no key.
    """
    email = mapping.fields.get("email")
    if mapping.key in (None, ROW) or email is None:
        return ()
    seen, key = _Seen(), mapping.key or ""
    keyed = (
        (number, plain_text(row.get(key) or ""), row)
        for number, row in enumerate(rows, 1)
        if BROKEN not in row
    )
    wanted = (one for one in keyed if seen.wants(one[1]))
    while chunk := list(islice(wanted, AT_A_TIME)):
        addresses = ColumnReader([row for _, _, row in chunk], None).texts(email)
        for (number, own, _), address in zip(chunk, addresses, strict=True):
            # Of fewer keys, perhaps, than when the row was read.
            if address is not None and seen.wants(own):
                seen.take(number, own, derive.normalise_email(address))
    return _told(mapping.key or "", seen)


def _told(key: str, seen: _Seen) -> tuple[str, ...]:
    if seen.rows is None:
        return ()
    every = sum(map(len, seen.addresses.values()))
    more = every - len(seen.addresses)
    first, second = seen.rows
    where = f"such as rows {first:,} and {second:,}"
    if more >= FEWEST and more > SHARE * every:
        said = (
            f"the column {key!r} does not tell the leads apart: its values repeat with different "
            f"e-mail addresses, {where}. Of {every:,} addresses looked at, {more:,} would be "
            "lost in leads of others. Name the column that has an id of its own for each lead, or "
            "leave `key` out: the e-mail address identifies then. Of leads whose address did "
            "change so often, keep the last row alone."
        )
        raise MappingInvalid("The mapping does not fit:", [Problem("key", said)])
    few = how_many(more, "row")
    return (
        f"{key}: {few} {of_number(more, 'says', 'say')} another e-mail address than a row of the "
        f"same key before, {where}. They are taken for one lead whose address changed.",
    )
