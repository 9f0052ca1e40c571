"""A file of rules is read as JSON values, and nothing in it is lost."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.conditions.problems import RuleSetInvalid
from leadflow.rules.text_format import LARGEST, load_rules, read_json, read_yaml, write_yaml


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("2026-03-01", "2026-03-01"),
        ("1:30", "1:30"),
        ("007", "007"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("true", True),
        ("null", None),
        ("-12", -12),
        ("1e3", 1000.0),
        ("0.5", 0.5),
        ("<<", "<<"),
    ],
)
def test_yaml_says_what_json_would(written: str, expected: Any) -> None:
    assert read_yaml(f"value: {written}") == {"value": expected}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: {c: 1,\n  c: 2}", "Line 3: the key 'c' stands twice"),
        ("a: &x [1]\nb: *x", "Line 2 refers to an anchor"),
        ("a: [1", "No YAML"),
        ("a: 1\n---\nb: 2", "line 2: a line of three dashes begins a second text"),
        ("a: 1\nb: \x07", r"line 2: it has a sign that YAML does not take \(U\+0007\)"),
        ("!!python/object/apply:os.getcwd []", "No YAML"),
        ("[" * 20000, "nests more than 100 levels deep"),
        ("a: " + "9" * 5000, "too long"),
        ("#" * (LARGEST + 1), "characters"),
    ],
)
def test_yaml_that_would_mislead_is_refused(text: str, said: str) -> None:
    with pytest.raises(RuleSetInvalid, match=said):
        read_yaml(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": {"b": 1, "b": 2}}', "'b' stands twice"),
        ("{", "No JSON"),
        ("[" * 200_000, "nests too deeply"),
        ("1" * 5000, "No JSON"),
    ],
)
def test_json_that_would_mislead_is_refused(text: str, said: str) -> None:
    with pytest.raises(RuleSetInvalid, match=said):
        read_json(text)


def test_a_file_is_read_by_its_ending(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('{"rules": []}')
    (tmp_path / "r.yaml").write_text("rules: []")
    (tmp_path / "latin.yaml").write_bytes(b"\xff\xfe")
    assert load_rules(tmp_path / "r.json") == load_rules(tmp_path / "r.yaml") == {"rules": []}
    for name, said in (("latin.yaml", "UTF-8"), ("none.yaml", "No such file"), (".", "directory")):
        with pytest.raises(RuleSetInvalid, match=said):
            load_rules(tmp_path / name)


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(["no", "1e3", "1.5e3", "007", "~", "2026-03-01", "<<", "=", "0x1F", ""])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=10
)


@given(content=values)
def test_what_is_shown_can_be_imported_again(content: Any) -> None:
    assert read_yaml(write_yaml(content)) == content
