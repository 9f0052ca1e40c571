"""A key that stands twice is refused, wherever people write YAML."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadflow import plain_yaml
from leadflow.approvals.policies import PoliciesInvalid, read_policies
from leadflow.assignment.team.file import TeamFileInvalid, load_team
from leadflow.leads.events.own_types import EventTypesInvalid, load_event_types
from leadflow.leads.files.mapping import MappingError, load_mapping

TWICE = "a:\n  b: 1\n  b: 2\n"


@pytest.mark.parametrize("load", [plain_yaml.load, plain_yaml.load_texts])
def test_a_key_stands_once(load: Callable[[str], Any]) -> None:
    with pytest.raises(yaml.YAMLError, match="the key 'b' stands twice"):
        load(TWICE)
    assert str(load("a: {b: 1}\nc: {b: 1}")) in {
        "{'a': {'b': 1}, 'c': {'b': 1}}",
        "{'a': {'b': '1'}, 'c': {'b': '1'}}",
    }


@pytest.mark.parametrize(
    ("load", "refused"),
    [
        (load_team, TeamFileInvalid),
        (read_policies, PoliciesInvalid),
        (load_event_types, EventTypesInvalid),
        (load_mapping, MappingError),
    ],
)
def test_every_file_of_people_is_read_so(
    tmp_path: Path, load: Callable[[Path], object], refused: type[Exception]
) -> None:
    path = tmp_path / "written.yaml"
    path.write_text(TWICE)
    with pytest.raises(refused) as raised:
        load(path)
    said = str(raised.value) + str(getattr(raised.value, "problems", ""))
    assert "stands twice" in said
    assert "line 3" in said


BOMB = "\n".join(
    ["a0: &a0 [1]"]
    + [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 9)]
)


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: " + "[" * 100_000, "nests more than 100 levels deep"),
        ("a: " + "{b: " * 200 + "1" + "}" * 200, "nests more than 100 levels deep"),
        (BOMB, "more than 1,000,000 values"),
        ("a: &a [1, *a]", "more than 1,000,000 values"),
    ],
)
@pytest.mark.parametrize("read", [plain_yaml.load, plain_yaml.load_texts, plain_yaml.tree])
def test_what_has_no_end_is_refused_at_once(
    read: Callable[[str], object], text: str, said: str
) -> None:
    with pytest.raises(yaml.MarkedYAMLError, match=said):
        read(text)


def test_what_stands_twice_by_a_name_is_read_twice() -> None:
    assert plain_yaml.load("a: &a [1, 2]\nb: *a") == {"a": [1, 2], "b": [1, 2]}


def test_parameters_keep_their_types_where_all_else_is_a_text() -> None:
    text = (
        "a: 1\nparameters: {n: 1, f: 1.5, b: true, none: null, t: '1', y: yes, z: 007, x: NaN}\n"
        "b: {parameters: plain}"
    )
    assert plain_yaml.load_texts_and_parameters(text) == {
        "a": "1",
        "parameters": {
            **{"n": 1, "f": 1.5, "b": True, "none": None},
            **{"t": "1", "y": "yes", "z": "007", "x": "NaN"},
        },
        "b": {"parameters": "plain"},
    }
