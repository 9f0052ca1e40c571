"""One is one and several are several, in every text that counts."""

import re
from pathlib import Path

import pytest

from features.how_many import how_many, of_number

ROOT = Path(__file__).parents[3]
ROOMS = ("src/leadflow", "features", "models", "expectations", "tasks", "flows", "deployments")


@pytest.mark.parametrize(
    ("count", "what", "said"),
    [
        (1, "lead", "1 lead"),
        (0, "lead", "0 leads"),
        (12_000, "hot lead", "12,000 hot leads"),
        (1, "salesperson", "1 salesperson"),
        (2, "salesperson", "2 salespeople"),
        (1, "person", "1 person"),
        (3, "person", "3 people"),
        (1.0, "minute", "1 minute"),
        (0.5, "minute", "0.5 minutes"),
        (2, "day", "2 days"),
        (2, "reply", "2 replies"),
        (2, "process", "2 processes"),
    ],
)
def test_one_is_one_and_several_are_several(count: float, what: str, said: str) -> None:
    assert how_many(count, what) == said


def test_a_verb_agrees_with_its_number() -> None:
    assert [of_number(n, "waits", "wait") for n in (0, 1, 2)] == ["wait", "waits", "wait"]
    assert [of_number(n, "is") for n in (0, 1, 2)] == ["are", "is", "are"]


# A number in braces and a noun in the plural: right for every number but one.
BY_HAND = re.compile(
    r"\{[^{}\"']+\}(?:\[/[a-z]*\])? (?:[a-z-]+ ){0,2}"
    r"(?:leads|rows|salespeople|people|outcomes|points|decisions|answers|hours|minutes|days|"
    r"seconds|processes|loops|servers|votes|reasons|keys|events|items|tokens|territories)\b"
)
# What cannot be one, is no number, or has the sentence for one written beside it.
FIXED = re.compile(
    r"\{(?:[A-Z][A-Z_]+(?::,|:\.0f)?|value|name|more|row\.kind|high|single\.feature\.label|low or 0"
    r"|rows|past|verb|self\.outcome|(?:self|learned)\.version"
    r"|named\[territory\.name\]|task\.completed:,\.0f|span // timedelta\(days=1\))\}"
)


def test_no_text_counts_by_hand() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if BY_HAND.search(FIXED.sub("", line))
    ]
    assert found == []
