"""Reading a rule set's text: YAML or JSON, as JSON values, with nothing lost on the way.

Of YAML what JSON knows: ``no`` is a text and not false, a date is a text, anchors are refused, and
so is a key that stands twice, one of whose conditions would be dropped without a word.
"""

import json
from collections import Counter
from pathlib import Path
from re import compile as pattern
from typing import Any

import yaml
from yaml.events import AliasEvent

from leadflow.conditions.problems import Problem, RuleSetInvalid
from leadflow.plain_yaml import Bounded

LARGEST = 1_000_000  # characters


class TextRefused(RuleSetInvalid):
    """A text that is none of a rule set, because of what stands in ``line``, from 1."""

    def __init__(self, problem: str, line: int) -> None:
        self.line = line
        super().__init__([Problem("rules", problem)])


def load_rules(path: Path) -> Any:
    """The content of a YAML file, or of a ``.json`` one.

    Raises:
        RuleSetInvalid: it is missing, too large, or neither YAML nor JSON.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise _refused(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        said = f"{path} is not UTF-8 text. Save it as UTF-8 in the program that wrote it."
        raise _refused(said, line) from error
    return read_json(text) if path.suffix == ".json" else read_yaml(text)


def read_json(text: str) -> Any:
    """JSON values, each key of an object once.

    Raises:
        RuleSetInvalid: it is no JSON, too large, or a key stands twice.
    """
    _refuse_large(text)
    try:
        return json.loads(text, object_pairs_hook=_once)
    except RuleSetInvalid:
        raise
    except ValueError as error:
        raise _refused(f"No JSON: {error}.") from error
    except RecursionError as error:
        raise _refused("It nests too deeply.") from error


def read_yaml(text: str) -> Any:
    """The JSON values of YAML, each key of a mapping once.

    Raises:
        RuleSetInvalid: it is no YAML, too large, uses anchors, or a key stands twice.
    """
    _refuse_large(text)
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a loader of plain values
    except yaml.YAMLError as error:
        line = _line_of(error, text)
        raise _refused(f"No YAML, line {line}: {_in_words(error)}", line) from error
    except RuleSetInvalid:
        raise
    except ValueError as error:
        raise _refused("It has a number that is too long.") from error


def _in_words(error: yaml.YAMLError) -> str:
    """What is wrong, without the parser's own places: the line is told beside it."""
    problem = getattr(error, "problem", None) or f"{error}"
    if "'\\t'" in problem:
        return "a tab stands where only blanks may: write blanks at the beginning of lines."
    if "could not determine a constructor" in problem:
        return "a tag such as !!python or !name is not read: write the value alone."
    if "found another document" in problem:
        return "a line of three dashes begins a second text; a file has one: take the line out."
    if isinstance(error, yaml.reader.ReaderError):
        sign = error.character if isinstance(error.character, int) else ord(error.character[:1])
        return f"it has a sign that YAML does not take (U+{sign:04X}); take it out."
    context = getattr(error, "context", None)
    return f"{context}, {problem}." if context else f"{problem}."


class _Loader(Bounded, yaml.SafeLoader):
    """Texts, numbers, true, false and null, as JSON has them."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as the class it derives from

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(AliasEvent):
            line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            raise _refused(f"Line {line} refers to an anchor; write it out.", line)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    line = key.start_mark.line + 1
                    said = f"the key {key.value!r} stands twice in one mapping"
                    raise _refused(f"Line {line}: {said}.", line)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that this reader, or another one of YAML, would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _in_lines(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """A text of several lines as people write it, below a bar, or, where YAML cannot, quoted."""
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _in_lines)
_FLOAT = r"^[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$|^[-+]?[0-9]+[eE][-+]?[0-9]+$"
for _tag, _written, _first in (
    ("bool", r"^(true|false|True|False|TRUE|FALSE)$", "tfTF"),
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?(0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", _FLOAT, "-+0123456789."),
):
    for _reader in (_Loader, _Dumper):
        _reader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", pattern(_written), list(_first))


def write_yaml(content: Any) -> str:
    """YAML that ``read_yaml`` reads as the same JSON values."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise _refused(f"The key {name!r} stands twice in one object.")
    return dict(pairs)


def _refuse_large(text: str) -> None:
    if len(text) > LARGEST:
        raise _refused(f"A rule set may have at most {LARGEST:,} characters.")


def _line_of(error: yaml.YAMLError, text: str) -> int:
    mark = getattr(error, "problem_mark", None)
    if isinstance(error, yaml.reader.ReaderError):
        return text.count("\n", 0, error.position) + 1
    return 1 if mark is None else mark.line + 1


def _refused(problem: str, line: int = 1) -> TextRefused:
    return TextRefused(problem, line)
