"""Sets of features for people who look at data: ``features.load("latest")`` is all it takes.

``from leadflow import features``, within an installation of Leadflow; what may be read there may be
read here.
"""

from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    import pandas as pd

    from leadflow.scoring.feature_sets.manifest import Purpose


@overload
def load(
    name: str = ..., purpose: "Purpose" = ..., as_: Literal["pandas"] = ...
) -> "pd.DataFrame": ...


@overload
def load(name: str = ..., purpose: "Purpose" = ..., *, as_: Literal["polars"]) -> Any: ...


def load(
    name: str = "latest",
    purpose: "Purpose" = "training",
    as_: Literal["pandas", "polars"] = "pandas",
) -> Any:
    """A set as a frame, a row a lead: its moment, its features, and ``converted`` and ``ever`` in a
    set for training.

    Args:
        name: a set's id, or ``latest``.
        purpose: of the latest: ``training``, ``serving`` or ``recent``.
        as_: ``pandas``, indexed by lead id, or ``polars``, with a column ``lead_id``.

    Raises:
        NoSuchSet: there is none.
        SetGone: its files are not there any more, or not as they were written.
        ModuleNotFoundError: polars is asked for and not installed.
    """
    from leadflow.database.engine import unit_of_work
    from leadflow.scoring.feature_sets.reading import find_set, read_set

    with unit_of_work() as session:
        frame = read_set(find_set(session, name, purpose))
    if as_ == "pandas":
        return frame
    import polars

    return polars.from_pandas(frame.reset_index())
