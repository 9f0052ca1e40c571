"""Connections that reach only what may be reached, and that end in time.

A name is looked up once, at the moment of connecting; every address it stands for is checked, and
the connection goes to one of exactly these. So a name that stands for another address a moment
later changes nothing. TLS still checks the certificate for the name.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any

import httpcore

from leadflow.outward.addresses import Address, refuse_inward, refuse_outside
from leadflow.setting_groups.webhook import Network

Resolve = Callable[[str, int], Sequence[Address]]


class NameUnknown(RuntimeError):
    """Nothing is known of this name, or the name server does not answer."""


def look_up(host: str, port: int) -> list[Address]:
    """Every address that a name stands for.

    Raises:
        NameUnknown: there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NameUnknown("Its name is not known, or the name server does not answer.") from error
    return list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


class Guarded(httpcore.NetworkBackend):
    """Connects to public addresses and to those of ``allowed`` networks, or to the latter only;
    everything on a connection ends ``seconds`` after it was asked for."""

    def __init__(
        self,
        allowed: Sequence[Network],
        seconds: float,
        resolve: Resolve = look_up,
        public: bool = True,
    ) -> None:
        self._allowed, self._seconds, self._resolve = allowed, seconds, resolve
        self._refuse = refuse_inward if public else refuse_outside
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of its addresses that answers.

        Raises:
            NameUnknown: the name stands for nothing.
            AddressRefused, PlainRefused: one of its addresses may not be reached.
            httpcore.ConnectError, httpcore.ConnectTimeout: none answers.
        """
        deadline = time.monotonic() + self._seconds
        addresses = self._resolve(host, port)
        self._refuse(addresses, self._allowed)
        failed: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                stream = self._plain.connect_tcp(
                    str(address), port, _left(deadline, timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _Ending(stream, deadline)
        raise failed


class _Ending(httpcore.NetworkStream):
    """A stream on which nothing waits beyond the deadline: one byte now and then is no answer."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, timeout)
        return _Ending(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the answer came too slowly")
    return left if timeout is None else min(left, timeout)
