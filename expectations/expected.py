"""How a suite says what it expects: one line for each expectation.

A suite is a file of this package with a tuple ``EXPECTATIONS``; its name is the file's. Great
Expectations takes seconds to load, so that an expectation is named here and made only when a frame
is checked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

Severity = Literal["critical", "warning"]
# Hours ago, at least: clocks of machines differ by some minutes.
SOON = -0.25


@dataclass(frozen=True)
class Kind:
    """An expectation of Great Expectations by its name without ``Expect``, and what it is given."""

    name: str
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Expected:
    """``says``: the promise in plain words; ``kind`` holds it. ``severity``: ``critical`` stops
    training and promotion where it does not hold, ``warning`` is only said."""

    says: str
    severity: Severity
    kind: Kind

    def expectation(self, place: int = 0) -> Any:
        """The expectation itself, ``place`` in its suite; loads Great Expectations."""
        from expectations.loading import expectation_types

        made = getattr(expectation_types(), f"Expect{self.kind.name}")
        return made(
            **self.kind.given,
            description=self.says,
            severity=self.severity,
            meta={"place": place},
        )


class NoSuchSuite(LookupError):
    """There is no suite of this name."""


def critical(says: str, kind: Kind) -> Expected:
    """What must hold, or nothing is learned and nothing promoted."""
    return Expected(says, "critical", kind)


def warning(says: str, kind: Kind) -> Expected:
    """What should hold; where it does not, people are told and work goes on."""
    return Expected(says, "warning", kind)


def any_kind(name: str, **given: Any) -> Kind:
    """Any expectation there is: its name without ``Expect``, and what it is given by name."""
    return Kind(name, given)


def between(column: str, smallest: Any = None, largest: Any = None, mostly: float = 1.0) -> Kind:
    """Known values lie within, bounds included; ``mostly``: the share of them that must."""
    bounds = {"min_value": smallest, "max_value": largest, "mostly": mostly}
    return Kind("ColumnValuesToBeBetween", {"column": column, **bounds})


def among(column: str, values: Sequence[Any], mostly: float = 1.0) -> Kind:
    """Known values are some of these."""
    given = {"column": column, "value_set": list(values), "mostly": mostly}
    return Kind("ColumnValuesToBeInSet", given)


def filled(column: str, mostly: float = 1.0) -> Kind:
    """There is a value."""
    return Kind("ColumnValuesToNotBeNull", {"column": column, "mostly": mostly})


def unique(*columns: str) -> Kind:
    """No value, or no such values together, is there twice."""
    if len(columns) == 1:
        return Kind("ColumnValuesToBeUnique", {"column": columns[0]})
    return Kind("CompoundColumnsToBeUnique", {"column_list": list(columns)})


def mean(column: str, smallest: float | None = None, largest: float | None = None) -> Kind:
    """The mean of the known values lies within."""
    return Kind(
        "ColumnMeanToBeBetween", {"column": column, "min_value": smallest, "max_value": largest}
    )


def suite_of(name: str) -> tuple[Expected, ...]:
    """The expectations of the file ``expectations/NAME.py``.

    Raises:
        NoSuchSuite: there is no such file, or it states none.
    """
    try:
        module = import_module(f"expectations.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"expectations.{name}":
            raise
        raise NoSuchSuite(f"There is no suite {name}: no file expectations/{name}.py.") from error
    found: tuple[Expected, ...] | None = getattr(module, "EXPECTATIONS", None)
    if found is None:
        raise NoSuchSuite(f"expectations/{name}.py states no EXPECTATIONS.")
    return found
