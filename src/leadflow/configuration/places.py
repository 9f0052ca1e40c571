"""Places in values, such as ``rules[2].conditions.level``, as lines of the YAML they were read
from."""

import re

import yaml

NUMBER = re.compile(r"\.?\[?(\d+)\]?")


def line_of(node: yaml.Node, place: str) -> int:
    """The line, from 1, at which a place begins; where it is not there, that of the nearest thing
    around it."""
    line = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        # A list alone stands for what is in it under its name.
        place = place.lstrip("abcdefghijklmnopqrstuvwxyz_")
    found: tuple[yaml.Node, int, str] | None = (node, line, place)
    while found is not None:
        node, line, rest = found
        found = _inside(node, rest) if rest else None
    return line


def _inside(node: yaml.Node, place: str) -> tuple[yaml.Node, int, str] | None:
    """What stands at the first part of a place, its line, and the rest of the place."""
    if isinstance(node, yaml.SequenceNode):
        number = NUMBER.match(place)
        if number is None or int(number[1]) >= len(node.value):
            return None
        item = node.value[int(number[1])]
        return item, item.start_mark.line + 1, place[number.end() :]
    if not isinstance(node, yaml.MappingNode):
        return None
    at = place.removeprefix(".")
    # Names have dots, too: the longest that fits is meant.
    fitting = [
        (key, value)
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode) and _begins(at, key.value)
    ]
    if not fitting:
        return None
    key, value = max(fitting, key=lambda one: len(one[0].value))
    return value, key.start_mark.line + 1, at[len(key.value) :]


def _begins(place: str, key: str) -> bool:
    return place.startswith(key) and place[len(key) : len(key) + 1] in ("", ".", "[")
