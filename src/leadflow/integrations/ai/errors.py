"""Errors of asking AI, by kind. Messages name the kind and repeat no answer."""

from typing import Literal

FailureKind = Literal[
    "timeout",
    "unreachable",
    "refused",
    "busy",
    "endpoint error",
    "too long",
    "empty",
    "tool call",
    "not JSON",
    "wrong shape",
    "unexpected",
]
# Where these come, the next lead would fare no better.
ENDPOINT_DOWN: frozenset[str] = frozenset(
    {"timeout", "unreachable", "refused", "busy", "endpoint error"}
)


class NotAnswered(Exception):
    """There is no answer that can be used."""

    def __init__(self, kind: FailureKind) -> None:
        super().__init__(f"AI did not answer: {kind}")
        self.kind: FailureKind = kind


def kind_of_status(status: int) -> FailureKind:
    """What an HTTP status of the endpoint means to us."""
    if status in (401, 403):
        return "refused"
    return "busy" if status == 429 else "endpoint error"
