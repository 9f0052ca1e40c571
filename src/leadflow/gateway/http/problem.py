"""One problem document (RFC 9457), and what each status is called."""

from typing import Any

from fastapi.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: ("bad-request", "The request could not be read"),
    401: ("sign-in-required", "A key or a sign-in is required"),
    403: ("not-allowed", "You may not do this"),
    404: ("not-found", "There is nothing at this address"),
    405: ("method-not-allowed", "This address does not take this method"),
    408: ("too-slow", "The request did not arrive in time"),
    409: ("conflict", "The request conflicts with an earlier one"),
    412: ("changed-meanwhile", "It has changed since you read it"),
    413: ("too-large", "The request is too large"),
    415: ("kind-of-body", "A body of this kind is not taken"),
    422: ("invalid-input", "Some fields are not valid"),
    429: ("too-many-requests", "Too many requests"),
    503: ("unavailable", "A part Leadflow depends on does not answer"),
}


class Problem(Exception):
    """An error that is answered as it is: status, stable type, title, detail; ``more``: fields of
    its own."""

    def __init__(self, status: int, kind: str, title: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.kind, self.title, self.detail = status, kind, title, detail
        self.more = more


def problem(
    status: int,
    kind: str,
    title: str,
    detail: str | None = None,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """A problem document; its ``type`` is ``/problems/KIND``."""
    body = {"type": f"/problems/{kind}", "title": title, "status": status, "detail": detail}
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer", **(headers or {})}
    return JSONResponse(body | more, status, headers, media_type=MEDIA_TYPE)
