"""The header that makes a request safe to send again."""

from typing import Annotated

from fastapi import Header, Response

HEADER, LONGEST = "Idempotency-Key", 200
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=LONGEST,
        description="Any text of yours; a request sent again under the same key is taken once.",
    ),
]
REPLAYED = {"Idempotent-Replay": "true"}


def say_replayed(response: Response) -> None:
    """Answer 200 and say that this is what came of the request when it was first sent."""
    response.headers.update(REPLAYED)
    response.status_code = 200
