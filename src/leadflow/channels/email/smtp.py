"""Mail to a mail server, over connections that are kept."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
)

from leadflow.channels.email.answers import Stage, refusal, unwritten
from leadflow.channels.email.dkim import Signer
from leadflow.channels.email.message import LettersNotTaken, message_bytes
from leadflow.channels.email.outgoing import Outgoing
from leadflow.channels.email.pace import Pace, Turns
from leadflow.channels.port import Accepted, Refused, Result, Uncertain

_BUSY = 421
# Mails are written and signed in so many threads.
_WRITERS = 2
_AWAY = "The mail server does not answer. Is it up?"


@dataclass(frozen=True)
class Server:
    """A mail server, and how it is spoken to: ``starttls`` and ``tls`` check its certificate."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None
    password: str | None = None
    timeout: float = 30.0


def name_of(host: str) -> str:
    """What the channel by this mail server is called."""
    return f"smtp:{host}"


class Smtp:
    """Sends over at most ``connections`` at once, which stay open from one call to the next.

    For callers that are not asynchronous; several threads wait for each other.

    Mails are written and signed beside the handing over, in threads: signing is half of all the
    work, and OpenSSL does it without holding other threads up.
    """

    # Mail servers know no keys: sent again, a mail arrives again.
    resend_within: timedelta | None = None

    def __init__(
        self,
        server: Server,
        connections: int = 8,
        pace: Pace | None = None,
        signer: Signer | None = None,
        name: str | None = None,
    ) -> None:
        self.name = name or name_of(server.host)
        self._server, self._most, self._signer = server, connections, signer
        self._turns = Turns(pace or Pace())
        self._idle: list[SMTP] = []
        self._writers = ThreadPoolExecutor(_WRITERS, "mail")
        self._runner = asyncio.Runner()
        self._one = Lock()

    def send_many(self, mails: Sequence[Outgoing]) -> list[Result]:
        """Hand these over. A connection that broke before it had the message is replaced; one that
        broke after leaves the message ``Uncertain``. Where the server is away, all that is left is
        refused as transient without another try."""
        with self._one:
            return self._runner.run(self._all(mails))

    def close(self) -> None:
        """Take leave of the server."""
        with self._one:
            self._runner.run(self._leave())
            self._runner.close()
            self._writers.shutdown()

    async def _all(self, mails: Sequence[Outgoing]) -> list[Result]:
        batch = _Batch(asyncio.Semaphore(self._most))
        loop = asyncio.get_running_loop()
        # Begun ahead of their turns, so that no connection waits for a mail to be written.
        written = [loop.run_in_executor(self._writers, self._written, one) for one in mails]
        turns = (self._in_turn(*each, batch) for each in zip(mails, written, strict=True))
        found = await asyncio.gather(*turns, return_exceptions=True)
        self._turns.forget(loop.time())
        # What came of the others must not be lost with an error that nobody has thought of.
        return [
            Uncertain(f"Sending it ended with {type(one).__name__}.")
            if isinstance(one, BaseException)
            else one
            for one in found
        ]

    def _written(self, outgoing: Outgoing) -> "_Message | Refused":
        """The mail as it travels, or why it cannot be written."""
        envelope = outgoing.envelope
        try:
            content = message_bytes(outgoing.mail, envelope, outgoing.at)
        except ValueError as error:
            return unwritten(error)
        if self._signer is not None:
            content = self._signer.signed(content, outgoing.at)
        returns_to = envelope.returns_to or envelope.sender.address
        return _Message(returns_to, envelope.to.address, content, envelope.needs_utf8)

    async def _in_turn(
        self, outgoing: Outgoing, written: "asyncio.Future[_Message | Refused]", batch: "_Batch"
    ) -> Result:
        async with self._turns.of(outgoing.domain), batch.free:
            if batch.away is not None:
                written.cancel()
                return batch.away
            message = await written
            return message if isinstance(message, Refused) else await self._send(message, batch)

    async def _send(self, message: "_Message", batch: "_Batch") -> Result:
        while True:
            kept = bool(self._idle)
            try:
                connection = self._idle.pop() if kept else await self._connected()
            except (OSError, SMTPException) as error:
                batch.away = _not_in(error)
                return batch.away
            given = _Given(connection)
            result = await given.hand_over(message)
            if given.usable:
                self._idle.append(connection)
            else:
                connection.close()
            # Of a connection that was kept nobody knows whether it is still there.
            if result is not None:
                return result
            if not kept:
                return Refused("transient", None, "The mail server broke off before it had it.")

    async def _connected(self) -> SMTP:
        server = self._server
        connection = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            timeout=server.timeout,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
        )
        await connection.connect()
        return connection

    async def _leave(self) -> None:
        while self._idle:
            connection = self._idle.pop()
            with suppress(OSError, SMTPException):
                await connection.quit()


@dataclass(frozen=True)
class _Message:
    """As the server is given it."""

    sender: str
    to: str
    content: bytes
    needs_utf8: bool = False


@dataclass
class _Batch:
    """What holds for all messages of one call: connections that are free, and why the server is
    away, once it is."""

    free: asyncio.Semaphore
    away: Refused | None = None


class _Given:
    """One message over one connection."""

    def __init__(self, connection: SMTP) -> None:
        self._connection = connection
        self.usable = False

    async def hand_over(self, message: _Message) -> Result | None:
        """What came of it; None where the connection broke before it had the message."""
        stage: Stage = "mail"
        try:
            if message.needs_utf8 and not await self._takes_utf8():
                self.usable = True
                return unwritten(LettersNotTaken())
            options = ["SMTPUTF8"] if message.needs_utf8 else []
            await self._connection.mail(message.sender, options=options)
            stage = "rcpt"
            await self._connection.rcpt(message.to, encoding="utf-8")
            stage = "data"
            answer = await self._connection.data(message.content)
        except SMTPResponseException as error:
            await self._refused(error.code)
            return refusal(stage, error.code, error.message)
        except (OSError, SMTPException):
            if stage != "data":
                return None
            return Uncertain("The mail server fell silent while it had the mail.")
        self.usable = True
        return Accepted(answer.message)

    async def _takes_utf8(self) -> bool:
        if self._connection.is_ehlo_or_helo_needed:
            # One that knows no EHLO has no extensions, and is greeted as it likes afterwards.
            with suppress(SMTPResponseException):
                await self._connection.ehlo()
        return self._connection.supports_extension("SMTPUTF8")

    async def _refused(self, code: int) -> None:
        """The connection serves on, unless the server takes leave of us with that."""
        if code == _BUSY:
            return
        with suppress(OSError, SMTPException):
            await self._connection.rset()
            self.usable = True


def _not_in(error: Exception) -> Refused:
    if isinstance(error, SMTPAuthenticationError):
        return refusal("login", error.code, error.message)
    if isinstance(error, SMTPResponseException):
        return refusal("connect", error.code, error.message)
    return Refused("transient", None, _AWAY)
