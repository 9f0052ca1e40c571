"""A column is a key where its values tell the leads of the file apart."""

from collections.abc import Iterator

import pytest

from leadflow.leads.files import shared_keys
from leadflow.leads.files.formats.tables_of_text import BROKEN, Row
from leadflow.leads.files.mapping import MappingInvalid, parse_mapping
from leadflow.leads.files.shared_keys import told_apart

FIELDS = {"email": {"column": "mail", "missing": ["none"]}}
MAPPING = parse_mapping({"source": "shop", "key": "id", "fields": FIELDS})


def rows(*said: tuple[object, str]) -> Iterator[Row]:
    return iter([{"id": str(key), "mail": mail} for key, mail in said])


def owners(count: int, keys: int) -> Iterator[Row]:
    return rows(*((n % keys, f"lead{n}@firm.example") for n in range(count)))


@pytest.mark.parametrize(("count", "keys"), [(10, 2), (100, 2), (100, 60), (5000, 2500)])
def test_a_column_that_many_people_share_is_refused_with_two_of_their_rows(
    count: int, keys: int
) -> None:
    with pytest.raises(MappingInvalid) as refused:
        told_apart(MAPPING, owners(count, keys))
    [problem] = refused.value.problems
    assert problem.place == "key"
    assert f"rows 1 and {keys + 1:,}." in problem.problem
    assert f"Of {count:,} addresses looked at, {count - keys:,} would" in problem.problem


def test_where_a_file_has_more_keys_than_are_looked_at_a_share_of_them_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_keys, "MOST_KEYS", 50)
    with pytest.raises(MappingInvalid, match="does not tell the leads apart"):
        told_apart(MAPPING, owners(4000, 2000))
    assert told_apart(MAPPING, owners(4000, 4000)) == ()


def test_the_same_person_twice_is_no_contradiction() -> None:
    twice = [(n % 50, f"Lead{n % 50}@Firm.example") for n in range(200)]
    said = [*twice, (3, "lead3@firm.example "), (4, ""), (5, "none"), ("", "a@b.example")]
    broken: Row = {"id": "6", "mail": "other@firm.example", BROKEN: "is torn"}
    assert told_apart(MAPPING, iter([*rows(*said), broken])) == ()


def test_of_few_leads_the_address_may_change_and_that_is_said() -> None:
    kept = [(n, f"lead{n}@firm.example") for n in range(100)]
    moved = [(n, f"moved{n}@firm.example") for n in range(10)]
    [said] = told_apart(MAPPING, rows(*kept, *moved))
    assert said.startswith("id: 10 rows say another e-mail address")
    assert "such as rows 1 and 101" in said
    [one] = told_apart(MAPPING, rows((1, "a@firm.example"), (1, "b@firm.example")))
    assert one.startswith("id: 1 row says another e-mail address")


def test_a_file_that_is_told_apart_otherwise_is_not_looked_at() -> None:
    for mapping in ({"fields": {"email": "mail"}}, {"key": "row"}, {"key": "id"}):
        assert told_apart(parse_mapping({"source": "shop", **mapping}), iter([])) == ()
