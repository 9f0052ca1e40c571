"""Whether a script asks for a part of a page, to put it where it stands."""

from fastapi import Request


def in_place(request: Request) -> bool:
    """Whether only the part is asked for, and not a page of its own."""
    return "hx-request" in request.headers and "hx-boosted" not in request.headers
