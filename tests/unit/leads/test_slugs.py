"""Columns named in any script become attributes with names of their own."""

from datetime import UTC, datetime

import pytest

from leadflow.leads.files.formats.tables_of_text import Row, Table
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.files.proposing.proposal import propose
from leadflow.leads.files.slugs import attribute_slug, slug

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("色", "se"),
        ("メール", "meru"),
        ("Müşteri", "musteri"),
        ("Kayıt Tarihi", "kayit_tarihi"),
        ("البريد", "lbryd"),
        ("Όνομα πελάτη", "onoma_pelati"),
        ("Школа", "shkola"),
        ("이름", "ileum"),
        ("ชื่อ", "chueo"),
        ("नाम", "nam"),
        ("Größe", "grosse"),
        ("Łódź", "lodz"),
        ("Nombre d'employés", "nombre_d_employes"),
        ("Budget (€)", "budget"),
        ("contactName", "contact_name"),
    ],
)
def test_names_are_written_in_latin_letters(name: str, written: str) -> None:
    assert slug(name) == written


@pytest.mark.parametrize("name", ["???", "—", "column 3", "…"])
def test_a_name_that_says_nothing_is_that_of_the_source_and_the_place(name: str) -> None:
    assert attribute_slug(name, 3, "Our shop") == "our_shop_column_3"
    assert attribute_slug(name, 3, "商店") == "shangdian_column_3"
    assert len(attribute_slug(name, 3, "s" * 100)) == 63


def proposed(columns: list[str], source: str) -> dict[str, str]:
    rows: list[Row] = [
        {name: f"v{(n + place) % 4}" for place, name in enumerate(columns)} for n in range(40)
    ]
    content = propose(Table(columns, iter(rows)), source, NOW).content
    parse_mapping(content)
    return {name: one["column"] for name, one in content["attributes"].items()}


def test_files_in_other_scripts_mix_nothing_and_keep_their_names() -> None:
    columns = ["色", "サイズ", "???", "column 4"]
    made = proposed(columns, "tokyo")
    assert list(made.values()) == columns
    assert made == proposed(columns, "tokyo")
    assert not set(made) & set(proposed(["크기", "색깔", "!!!", "column 4"], "seoul"))
