"""A server that costs nothing until somebody wants it."""

import select
import socket
from collections.abc import Callable

from leadflow.supervisor.services import Service


class OnDemand:
    """Holds a server's address, and says when somebody connects; the connection waits until the
    server, which is handed the address, has started."""

    def __init__(self, host: str, port: int, service: Callable[[int], Service]) -> None:
        """``service`` makes the server from the number of the open socket.

        Raises:
            OSError: the address is taken.
        """
        self._socket = socket.create_server((host, port), backlog=64)
        self.service = service(self._socket.fileno())

    def wanted(self) -> bool:
        """Whether a connection waits."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def close(self) -> None:
        """Give the address up."""
        self._socket.close()
