"""A real mail server that refuses, hangs and breaks off as it is told to, by address."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.servers import free_port


class Server:
    """``rcpt NAME`` and ``data NAME`` of ``answers`` is what it says to ``NAME@…`` then; ``drop``
    breaks off, ``hang`` says nothing. With ``asks`` it takes mail of ann alone, who
    says "right"; with ``utf8`` it takes mailboxes in other letters."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.taken: list[Envelope] = []
        self.connections = 0
        self.open = self.most = 0
        self.port = 0
        self.asks = False
        self.utf8 = False
        self.options: list[list[str]] = []

    async def handle_EHLO(  # noqa: N802  aiosmtpd calls it so
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.options.append(options)
        said = await self._said(server, "mail", address)
        envelope.mail_from = address
        return said

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = await self._said(server, "rcpt", address)
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.open += 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(0.002)
        self.open -= 1
        said = await self._said(server, "data", envelope.rcpt_tos[0])
        if said.startswith("250"):
            self.taken.append(envelope)
        return said

    async def _said(self, server: SMTP, stage: str, address: str) -> str:
        said = self.answers.get(f"{stage}_{address.partition('@')[0]}", "250 2.0.0 queued")
        if said.startswith("once "):
            self.answers.pop(f"{stage}_{address.partition('@')[0]}")
            said = said.removeprefix("once ")
        if said == "drop" and server.transport is not None:
            server.transport.close()
            await asyncio.sleep(1)
        if said == "hang":
            await asyncio.sleep(30)
        return said


def _knows_ann(server: SMTP, session: Session, _: Envelope, how: str, said: Any) -> AuthResult:
    known = (said.login, said.password) == (b"ann", b"right")
    return AuthResult(success=known, handled=False)


@contextmanager
def serving(handler: Server) -> Iterator[Server]:
    """The server, on a port of its own."""
    handler.port = free_port()
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=handler.port,
        ready_timeout=30,
        authenticator=_knows_ann if handler.asks else None,
        auth_required=handler.asks,
        auth_require_tls=False,
        enable_SMTPUTF8=handler.utf8,
    )
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()
