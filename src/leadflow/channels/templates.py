"""The Jinja that contents are written in: names and a few filters, in a sandbox, no programs."""

from collections.abc import Mapping
from typing import Any

from jinja2 import UndefinedError
from jinja2.runtime import ChainableUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

FILTERS = frozenset({"fallback", "upper", "lower", "title", "capitalize", "trim", "urlencode"})


class _Missing(ChainableUndefined):
    """A name without a value: false in an ``if``, and nothing that could be written out."""

    def __str__(self) -> str:
        raise UndefinedError(f"{self._undefined_name} has no value.")

    __html__ = __str__


class _Names(ImmutableSandboxedEnvironment):
    """What stands behind a dot is looked up in values alone, never a method of theirs."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The value of this name; a missing one where there is none."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return self.undefined(obj=obj, name=attribute)


def environment(autoescape: bool = True) -> ImmutableSandboxedEnvironment:
    """Jinja as contents are read and written out. With ``autoescape`` what stands in a lead's
    fields is no markup."""
    made = _Names(
        autoescape=autoescape, keep_trailing_newline=True, undefined=_Missing, finalize=_said
    )
    made.filters = {name: made.filters[name] for name in FILTERS if name in made.filters}
    made.filters["fallback"] = fallback
    made.globals = {}
    return made


def fallback(value: object, instead: str) -> object:
    """The value, or these words where there is none."""
    blank = isinstance(value, str) and not value.strip()
    return value if value and not blank else instead


def _said(value: object) -> object:
    """What is written out, which is never nothing: no mail has an empty link, or says "Dear ,"."""
    if value is None or value == "":
        raise UndefinedError("A name that is written out has no value.")
    return value
