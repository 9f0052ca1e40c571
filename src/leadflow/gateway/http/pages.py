"""Lists over the API: which page of one is asked for, and how it is answered."""

from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from leadflow.paging import cursors
from leadflow.paging.keyset import MOST, USUAL, Page, Wanted

T = TypeVar("T")


class PageOut(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = Field(
        description="Send it as `cursor` for the page after this one; empty: it is the last."
    )

    @classmethod
    def of(cls, page: Page[T]) -> "PageOut[T]":
        """From what was read."""
        return cls(items=page.items, next=page.next)


def _wanted(
    limit: Annotated[int, Query(ge=1, le=MOST)] = USUAL,
    cursor: Annotated[
        str | None, Query(max_length=cursors.LONGEST, description="`next` of the page before.")
    ] = None,
) -> Wanted:
    return Wanted(limit, cursor)


Paged = Annotated[Wanted, Depends(_wanted)]
"""The page that a request asks for."""
