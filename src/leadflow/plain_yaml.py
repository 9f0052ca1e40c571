"""YAML in which no key stands twice: of two values YAML itself would drop one without a word."""

from typing import Any

import yaml


class _Once:
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


class _Plain(yaml.SafeDumper):
    """What stands twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


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


def dump(content: Any) -> str:
    """YAML that ``load`` reads as these values: in their order, nothing by a name of its own."""
    return yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True)
