"""Great Expectations as it is, at two thirds of its cost for the few rows of a test."""

from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any

# It works on one expectation at a time, and on what it makes of it.
AT_WORK = 3


def remembering(load: Callable[[], Any]) -> Callable[[], Any]:
    """What loads Great Expectations, to have an expectation that is asked for its configuration
    again and again give the same one; none is changed after it was made."""

    @lru_cache
    def loaded() -> Any:
        library = load()
        from great_expectations.expectations.expectation import Expectation

        made: deque[tuple[Any, Any]] = deque(maxlen=AT_WORK)
        anew = Expectation.configuration.fget

        def configuration(expectation: Any) -> Any:
            for one, found in tuple(made):
                if one is expectation:
                    return found
            found = anew(expectation)
            made.append((expectation, found))
            return found

        Expectation.configuration = property(configuration)
        return library

    return loaded
