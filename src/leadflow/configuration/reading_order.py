"""The order in which people read keys, which the store does not keep."""

from collections.abc import Iterable, Mapping
from typing import Any


def in_order(said: Mapping[str, Any], first: Iterable[str]) -> dict[str, Any]:
    """The same mapping, with these keys first, in their order, and all others after them."""
    begun = {key: said[key] for key in first if key in said}
    return begun | {key: value for key, value in said.items() if key not in begun}
