"""Values of one field for many leads, and conditions held against many leads at once. Pure."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from leadflow.campaigns.interpreter.clock import moment
from leadflow.campaigns.interpreter.zones import Mask, Moments, Numbers
from leadflow.conditions.evaluation import holds
from leadflow.conditions.tree import Check, Condition

# The one comparison that goes by the moment at which it is asked.
OF_THE_MOMENT = "within_last"
ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


class Column(NamedTuple):
    """``values`` has each value once, ``codes`` the place of each row's in it; −1: none."""

    values: Sequence[Any]
    codes: Numbers

    def of_rows(self, rows: Numbers) -> "Column":
        """The values of some rows, in their order."""
        return Column(self.values, self.codes[rows])

    def listed(self) -> list[Any]:
        """The value of each row, None where there is none."""
        known = (*self.values, None)
        return [known[code] for code in self.codes.tolist()]


def nothing(count: int) -> Column:
    """A column of which no row has a value."""
    return Column((), np.full(count, -1, dtype=np.int64))


def column_of(values: Sequence[Any]) -> Column:
    """The column of these values, one a row; what cannot be looked up (a list) is kept apart."""
    places: dict[Any, int] = {}
    kept: list[Any] = []
    codes = []
    for value in values:
        # 1, 1.0 and True are equal and not the same.
        key = (type(value), tuple(value) if isinstance(value, list) else value)
        if value is not None and key not in places:
            places[key] = len(kept)
            kept.append(value)
        codes.append(-1 if value is None else places[key])
    return Column(kept, np.array(codes, dtype=np.int64))


def held(condition: Condition, column: Callable[[str], Column], at: Moments) -> Mask:
    """Whether a condition holds of each row at its moment, as ``conditions.evaluation.holds`` says
    of one; a comparison is made once for each value and not once for each row."""
    if isinstance(condition, Check):
        return _checked(condition, column(condition.field), at)
    every = condition.how == "all"
    found = np.full(at.shape, every)
    for member in condition.members:
        its = held(member, column, at)
        found = found & its if every else found | its
    return ~found if condition.how == "none" else found


def _checked(check: Check, column: Column, at: Moments) -> Mask:
    if check.operator == OF_THE_MOMENT:
        rows = zip(column.listed(), at, strict=True)
        each = [holds(check, {check.field: value}, moment(one)) for value, one in rows]
        return np.array(each, dtype=bool)
    if len(column.values) > len(column.codes):
        # More values than rows: only those that some row has.
        used, codes = np.unique(column.codes, return_inverse=True)
        known: list[Any] = Column(column.values, used).listed()
    else:
        codes, known = column.codes, [*column.values, None]
    table = [holds(check, {check.field: value}, ANY_MOMENT) for value in known]
    found: Mask = np.array(table, dtype=bool)[codes]
    return found
