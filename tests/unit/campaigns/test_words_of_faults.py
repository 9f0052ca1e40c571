"""What is wrong with a campaign is said in words of people: none of pydantic's, of JSON Schema's or
of Python's types."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadflow.campaigns.definitions.reading import CampaignsInvalid, read_campaigns
from leadflow.campaigns.files import FilesInvalid, read_files
from leadflow.cli.campaigns.campaigns import reader
from leadflow.configuration.files import Fault
from leadflow.rules.text_format import load_rules
from leadflow.workflow.catalogue import ACTIONS, model_of

ACTS = model_of(ACTIONS.values())
FILES = sorted(
    path for path in Path("examples/campaigns").glob("*.yaml") if ".scenarios" not in path.name
)
WRITTEN = [load_rules(path) for path in FILES]
THEIRS = re.compile(
    r"\b(tuple|dict|dictionary|input|should be|should have|should match|valid (string|integer|"
    r"number|list|boolean|mapping)|NoneType|str|int|float|bool|validation|after validation|"
    r"pydantic|schema|literal|regex|pattern|field required|value error|parse|type=|instance of|"
    r"extra inputs|permitted|constraint|unexpected keyword|ctx|mul|add|sub|div)\b",
    re.IGNORECASE,
)
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 400_000_000)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "P", "P2D", "end", "25:00", "09:30", "a b", "x" * 300, "{{ 2 * 3 }}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.just("lead.created"), min_size=201, max_size=201)
        | st.dictionaries(st.sampled_from(["on", "when", "then", "at", "name", "zz"]), inner)
    ),
    max_leaves=4,
)


def places(written: Any) -> list[tuple[Any, Any]]:
    """Every place in it: what it stands in, and its key or number there."""
    keys = list(written) if isinstance(written, dict) else range(len(written))
    found = [(written, key) for key in keys]
    for key in keys:
        if isinstance(written[key], dict | list):
            found += places(written[key])
    return found


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A campaign of the examples in which one to three things are otherwise than they should be."""
    written = deepcopy(draw(st.sampled_from(WRITTEN)))
    for _ in range(draw(st.integers(1, 3))):
        where = places(written)
        if not where:
            return written
        inside, key = where[draw(st.integers(0, len(where) - 1))]
        kind = draw(st.sampled_from(["replaced", "added", "gone"]))
        if kind == "replaced":
            inside[key] = draw(ODD)
        elif kind == "added" and isinstance(inside, dict):
            inside[draw(st.sampled_from(["wehn", "otherwise", "send", "min"]))] = draw(ODD)
        else:
            inside.pop(key)
    return written


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(spoilt() | ODD)
def test_no_word_is_of_pydantic_or_of_a_type(written: Any) -> None:
    try:
        read_campaigns(written, ACTS)
    except CampaignsInvalid as error:
        for one in error.problems:
            # What was written is repeated in quotes.
            said = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "", one.problem)
            assert THEIRS.search(said) is None, one.problem
            assert one.problem[0].isupper() or not one.problem[0].isalpha(), one.problem
            assert one.problem.endswith((".", "?", ")")), one.problem


def test_what_is_wrong_twice_in_one_line_is_said_once() -> None:
    one, other = Fault("a.yaml", 3, "It is wrong."), Fault("a.yaml", 4, "It is wrong.")
    assert FilesInvalid([one, one, other]).faults == (one, other)
    assert str(FilesInvalid([one, one])) == str(one)


@pytest.mark.parametrize("content", ["", "# nothing\n", "[]\n", "7\n"])
def test_a_file_with_nothing_in_it_is_told_how_it_begins(tmp_path: Path, content: str) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text(content)
    with pytest.raises(FilesInvalid) as refused:
        read_files([path], reader(None))
    assert "it begins with `campaigns:`" in str(refused.value)
    assert "it:" not in str(refused.value)
