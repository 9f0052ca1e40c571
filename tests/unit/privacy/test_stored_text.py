"""Whether a text is stored encrypted or plain is decided, and written down, column by column."""

import re
from pathlib import Path

from sqlalchemy import Column, LargeBinary, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from leadflow.privacy.columns import Encrypted
from leadflow.tables import metadata

# Tables that keep what stood in encrypted columns of a lead, as it stood there.
EARLIER = ("import_changes", "taken_out_values")
PAGE = Path(__file__).parents[3] / "docs" / "stored-text.md"


def decided() -> dict[str, str]:
    """The heading that each column stands under, by ``table.column``."""
    found: dict[str, str] = {}
    for section in PAGE.read_text().split("\n## ")[1:]:
        heading, _, rest = section.partition("\n")
        for line in re.findall(r"^- .+(?:\n  .+)*", rest, re.MULTILINE):
            table, *columns = re.findall(r"`(\w+)`", line)
            for column in columns:
                name = f"{table}.{column}"
                assert name not in found, f"{name} stands in {PAGE.name} twice"
                found[name] = heading
    return found


def can_hold_text(column: Column[object]) -> bool:
    kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
    return isinstance(kind, String | LargeBinary | JSONB | Encrypted)


def test_every_column_that_can_hold_text_is_decided_on_and_nothing_else() -> None:
    there = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if can_hold_text(column)
    }
    assert decided().keys() == there, f"say in {PAGE.name} whether it is encrypted, and why"


def test_what_is_said_to_be_encrypted_is_and_nothing_else() -> None:
    encrypted = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Encrypted)
    }
    assert {name for name, where in decided().items() if where == "Encrypted"} == encrypted


def test_nothing_is_encrypted_by_hand_where_a_rotation_would_not_find_it() -> None:
    fields = {
        column.type.field
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Encrypted)
    }
    source = Path(__file__).parents[3] / "src" / "leadflow"
    named = re.compile(r"""\.encrypt\([^"()]*(?:\([^()]*\))?[^"()]*,\s*"(\w+)"\)""")
    used = {
        name
        for path in source.rglob("*.py")
        if "migrations" not in path.parts
        for name in named.findall(path.read_text())
    }
    assert used <= fields


def test_no_two_columns_share_a_field_so_that_no_value_fits_another_column() -> None:
    fields = [
        column.type.field
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Encrypted) and table.name not in EARLIER
    ]
    assert sorted(fields) == sorted(set(fields))


def test_earlier_values_of_leads_fit_their_own_column_of_the_lead_alone() -> None:
    leads = metadata.tables["leads"].columns
    for table in EARLIER:
        for column in metadata.tables[table].columns:
            if isinstance(column.type, Encrypted):
                own = leads[column.name].type
                assert isinstance(own, Encrypted)
                assert column.type.field == own.field
