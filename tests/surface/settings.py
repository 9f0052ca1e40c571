"""Every setting with its default, and the example of a ``.env`` file made from them."""

import textwrap
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from leadflow.settings import Settings
from tests.surface.lines import lines, type_name

BEGIN = """\
# Copy this file to .env and change what you need; every line shows the default.
# Written from the settings by `make surface`; docs/settings.md says more.
"""


def settings() -> str:
    """One line a setting: variable, type, default where there is one."""
    return lines(
        f"{_variable(name)}: {type_name(field.annotation)} = {_default(field)}".rstrip(" =")
        for name, field in Settings.model_fields.items()
    )


def env_example() -> str:
    """A ``.env`` file in which every setting is explained and none is set."""
    return BEGIN + "".join(
        f"\n{_comment(field.description or '')}\n# {_variable(name)}={_default(field)}\n"
        for name, field in Settings.model_fields.items()
    )


def _variable(name: str) -> str:
    return f"{Settings.model_config.get('env_prefix', '')}{name}".upper()


def _comment(words: str) -> str:
    return textwrap.fill(words, 96, initial_indent="# ", subsequent_indent="# ")


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    if value in (None, PydanticUndefined):
        return ""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
