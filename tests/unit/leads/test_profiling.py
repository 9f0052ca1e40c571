"""What a column is, told from its name and its values."""

from collections.abc import Sequence

import pytest

from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.proposing.profiling import ColumnKind, Profile, profile
from leadflow.leads.files.slugs import slug

MANY = range(1000)


def of(values: Sequence[str | None], name: str = "column") -> Profile:
    rows: list[Row] = [{name: value} for value in values]
    return profile(name, rows)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([f"School {n % 300}" for n in MANY], "categorical"),
        ([f"Школа № {n % 300}" for n in MANY], "categorical"),
        ([f"AB{n}" for n in MANY], "distinct"),
        ([f"call me about the price of number {n} please, thank you" for n in MANY], "text"),
        (["short"] * 999 + ["x" * 5000], "text"),
        ([f"{n % 28 + 1:02}.01.2025" for n in MANY], "date"),
        ([f"2025-01-{n % 28 + 1:02}T10:00:00Z" for n in MANY], "date"),
        (["1,200.50", "$ 300", "inf", "-4e3", None, "n/a"] * 9, "numeric"),
        (["yes", "No", None] * 9, "boolean"),
        (["", "null", "N/A"] * 9, "empty"),
        (["a@b.example.com"] * 9 + ["?"], "e-mail"),
    ],
)
def test_kinds_are_told_by_the_values(values: list[str | None], kind: ColumnKind) -> None:
    assert of(values).kind == kind


def test_a_number_with_a_zero_before_it_is_a_code() -> None:
    assert of([f"{n % 300:05}" for n in MANY], "region number").kind == "categorical"
    assert of([f"{n % 300}" for n in MANY], "visits so far").kind == "numeric"
    assert of(["0", "0.5", "0.25"] * 9).kind == "numeric"


def test_numbers_that_name_or_count_are_no_amounts() -> None:
    assert of([str(n * 7) for n in MANY], "Order No").identifies
    assert of([str(n) for n in MANY], "Unnamed: 0").identifies
    assert not of([str(n * 7) for n in MANY], "income").identifies
    assert of([str(10_000 + n % 90) for n in MANY], "zip").kind == "categorical"


def test_the_few_values_of_another_kind_are_named() -> None:
    assert of(["5"] * 99 + ["many"], "seats").unreadable == ("many",)
    assert of(["2025-01-01"] * 99 + ["soon"], "start").unreadable == ("soon",)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Contract End", "contract_end"),
        ("contractEnd", "contract_end"),
        ("Année d'étude (%)", "annee_d_etude"),
        ("Размер компании", "razmer_kompanii"),
        ("2nd visit", "column_2nd_visit"),
        ("学校", "xuexiao"),
        ("", "column"),
        ("x" * 90, "x" * 63),
        ("a\x00b\u202e", "a_b"),
    ],
)
def test_names_in_any_script_become_names_of_attributes(name: str, said: str) -> None:
    assert slug(name) == said
