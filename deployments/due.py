"""Cheap check whether a run would find anything to do, made without loading its flow."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import get_type_hints

from prefect.utilities.importtools import import_object
from sqlalchemy.orm import Session

from leadflow.settings import Settings

Check = Callable[[Session, Settings, datetime], bool]


@cache
def find_check(named: str) -> Check:
    """The function of an installed module, ``package.module.function``, that says whether anything
    is due; a deployment names it as its job variable ``due``.

    Raises:
        TypeError: the function is none that takes a session, the settings and a moment, and says
            yes or no. No other is called, whoever names it.
    """
    check: Check = import_object(named)
    taken = [each for name, each in get_type_hints(check).items() if name != "return"]
    if taken != [Session, Settings, datetime] or get_type_hints(check)["return"] is not bool:
        raise TypeError(f"{named} does not say whether anything is due.")
    return check


def anything_due(named: str) -> bool:
    """Ask the function that is named, in a transaction of its own."""
    # What its package sets up for every flow, rooms need here too.
    import flows  # noqa: F401
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    with unit_of_work() as session:
        return find_check(named)(session, get_settings(), datetime.now(UTC))
