"""HTTP with an end: an answer has a time and a size, however slowly its bytes come."""

import time
from collections.abc import Iterator

import httpx

LARGEST = 1_000_000


class TooLong(httpx.TransportError):
    """The answer is larger than any answer of ours can be."""


class Bounded(httpx.BaseTransport):
    """Ends an answer after ``seconds`` in all, and after a million bytes.

    A client's own timeout only limits the time between two bytes.
    """

    def __init__(self, seconds: float, inner: httpx.BaseTransport | None = None) -> None:
        self._seconds = seconds
        self._inner = inner or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = time.monotonic() + self._seconds
        response = self._inner.handle_request(request)
        if not isinstance(response.stream, httpx.SyncByteStream):
            raise TypeError("a synchronous client got an asynchronous answer")
        response.stream = _Bytes(response.stream, deadline)
        return response

    def close(self) -> None:
        self._inner.close()


class _Bytes(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._inner:
            size += len(chunk)
            if time.monotonic() > self._deadline:
                raise httpx.ReadTimeout("the answer came too slowly")
            if size > LARGEST:
                raise TooLong("the answer is too long")
            yield chunk

    def close(self) -> None:
        self._inner.close()
