"""YAML in which no key stands twice: of two values YAML itself would drop one without a word.

Neither does it nest without end, which takes a square of the time, nor stand for more values than
memory holds, each alias for ten others.
"""

import json
from typing import Any

import yaml

DEEPEST = 100
MOST_VALUES = 1_000_000


class Bounded:
    """Bounds what a loader of YAML takes. To stand before the loader among the bases of a class.

    Raises:
        yaml.MarkedYAMLError: beyond them, with the line.
    """

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self._depth == DEEPEST:
            mark = self.peek_event().start_mark  # type: ignore[attr-defined]
            said = f"it nests more than {DEEPEST} levels deep"
            raise yaml.composer.ComposerError(None, None, said, mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)  # type: ignore[misc]
        finally:
            self._depth -= 1

    def get_single_node(self) -> Any:
        node = super().get_single_node()  # type: ignore[misc]
        if node is not None and _values(node, {}) > MOST_VALUES:
            said = f"with its aliases written out it has more than {MOST_VALUES:,} values"
            raise yaml.composer.ComposerError(None, None, said, node.start_mark)
        return node


def _values(node: yaml.Node, counted: dict[int, int]) -> int:
    """How many values a node is, each alias counted as what it stands for."""
    known = counted.get(id(node))
    if known is None:
        # An alias of what it stands in: read as a value that holds itself, which no text can hold.
        counted[id(node)] = MOST_VALUES
        known = 1
        if isinstance(node, yaml.SequenceNode):
            known += sum(_values(one, counted) for one in node.value)
        elif isinstance(node, yaml.MappingNode):
            known += sum(_values(one, counted) for pair in node.value for one in pair)
        counted[id(node)] = known
    return known


class _Once(Bounded):
    """What a loader of YAML does differently."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    said = f"the key {key.value!r} stands twice in one mapping"
                    raise yaml.constructor.ConstructorError(None, None, said, key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)  # type: ignore[misc]


class _Values(_Once, yaml.SafeLoader):
    """Texts, numbers, dates, true, false and null."""


class _Texts(_Once, yaml.BaseLoader):
    """Every value as it is written."""


class _TextsAndParameters(_Texts):
    """The same, but that what is given on under `parameters` has the types of JSON."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        made = super().construct_mapping(node, deep)
        for key, value in node.value:
            if key.value == "parameters" and isinstance(value, yaml.MappingNode):
                made["parameters"] = {one.value: self._typed(given) for one, given in value.value}
        return made

    def _typed(self, node: Any) -> Any:
        if not isinstance(node, yaml.ScalarNode) or node.style is not None:
            return self.construct_object(node, deep=True)
        try:
            # What is no number, true, false or null there is a text: yes, 007, NaN.
            return json.loads(node.value, parse_constant=str)
        except ValueError:
            return node.value


class _Tree(Bounded, yaml.SafeLoader):
    """Nodes, with the line of each."""


class _Plain(yaml.SafeDumper):
    """What stands twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def tree(text: str) -> yaml.Node | None:
    """The nodes of a YAML text, which know their lines; None where it is empty.

    Raises:
        yaml.YAMLError: it is none.
    """
    node: yaml.Node | None = yaml.compose(text, Loader=_Tree)
    return node


def load(text: str) -> Any:
    """The values of a YAML text.

    Raises:
        yaml.YAMLError: it is none, or a key stands twice.
    """
    return yaml.load(text, Loader=_Values)  # noqa: S506 - derived from the safe one


def load_texts(text: str) -> Any:
    """The same, with every value as it is written: ``no`` and ``007`` are texts.

    Raises:
        yaml.YAMLError: it is none, or a key stands twice.
    """
    return yaml.load(text, Loader=_Texts)  # noqa: S506 - makes texts only


def load_texts_and_parameters(text: str) -> Any:
    """The same, but that numbers, true, false and null are those in a mapping ``parameters``, whose
    values are given on to somebody else's program.

    Raises:
        yaml.YAMLError: it is none, or a key stands twice.
    """
    return yaml.load(text, Loader=_TextsAndParameters)  # noqa: S506 - derived from the plain one


def dump(content: Any) -> str:
    """YAML that ``load`` reads as these values: in their order, nothing by a name of its own."""
    return yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True)
