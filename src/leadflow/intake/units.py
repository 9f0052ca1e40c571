"""Many requests in one unit of work; where that fails, whoever was not to blame is taken anyway."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


def together(
    take: Callable[[Session, Sequence[Asked]], list[Answered | Exception]], asked: Sequence[Asked]
) -> list[Answered | Exception]:
    """Take all in one unit of work; the answers in their order, an error in place of an answer.

    What raises ends the unit of work and nothing of it is kept. Then each half is taken by itself,
    down to the one that raises, whose answer is its error.
    """
    try:
        with unit_of_work() as session:
            return take(session, asked)
    except Exception as error:
        if len(asked) == 1:
            return [error]
    half = len(asked) // 2
    return together(take, asked[:half]) + together(take, asked[half:])
