"""Handing one mail to a mail server, and knowing for certain whether it was taken."""

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from threading import Lock
from typing import TYPE_CHECKING

from cachetools import TTLCache, cached

from leadflow.integrations.notifications.messages import Message
from leadflow.outbox.acts import NotPerformed, Order, ReceiverAway

if TYPE_CHECKING:
    from apprise.plugins.email.base import NotifyEmail

SECONDS = 20.0
OK, GO_ON = 250, 354


class NotSent(NotPerformed):
    """The mail was surely not taken; it is tried again."""


class ServerAway(NotSent, ReceiverAway):
    """The mail server does not answer: no other mail would be taken either."""


class MaybeSent(RuntimeError):
    """The mail server fell silent after it was given the mail, and may or may not have taken it."""


def send_mail(
    server: "NotifyEmail",
    email: str,
    message: Message,
    number: str,
    order: Order,
    headers: Mapping[str, str],
) -> None:
    """Hand the message over; ``number`` becomes its Message-ID, by which it is found again.

    Raises:
        NotSent: it was surely not taken: the server said no, or is away (``ServerAway``).
        MaybeSent: the connection broke while the server had it.
    """
    mail = EmailMessage()
    name, sender = (str(part or "Leadflow") for part in server.from_addr)
    mail["From"], mail["To"] = formataddr((name, sender)), email
    mail["Subject"], mail["Message-ID"] = message.subject, message_id(number)
    mail["Date"] = format_datetime(order.now)
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(message.text)
    try:
        connection = _connect(server)
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"The mail server lets us not in: {error.smtp_code}.") from error
    except (OSError, smtplib.SMTPException) as error:
        raise ServerAway("The mail server does not answer. Is it up?") from error
    try:
        _introduce(connection, sender, email)
        _give(connection, mail.as_bytes())
    finally:
        with suppress(OSError, smtplib.SMTPException):
            connection.quit()


def message_id(number: str) -> str:
    """The Message-ID of a notice."""
    return f"<{number}@leadflow>"


def _connect(server: "NotifyEmail") -> smtplib.SMTP:
    where = server.smtp_host, server.port or 0
    if server.secure and server.secure_mode == "ssl":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=SECONDS, context=_trusted())
    else:
        connection = smtplib.SMTP(*where, timeout=SECONDS)
        if server.secure:
            connection.starttls(context=_trusted())
    if server.user and server.password:
        connection.login(server.user, server.password)
    return connection


@cached(TTLCache(maxsize=1, ttl=3600.0), lock=Lock())
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed; read anew each hour, for that takes longer than a mail."""
    return ssl.create_default_context()


def _introduce(connection: smtplib.SMTP, sender: str, email: str) -> None:
    try:
        connection.ehlo_or_helo_if_needed()
        answers = [connection.mail(sender), connection.rcpt(email)]
        answers.append(connection.docmd("data"))
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent("The mail server broke off before it had the mail.") from error
    if [code for code, _ in answers] != [OK, OK, GO_ON]:
        refused = next(code for code, _ in answers if code not in (OK, GO_ON))
        raise NotSent(f"The mail server refused the mail with {refused}.")


def _give(connection: smtplib.SMTP, content: bytes) -> None:
    body = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\r\n.", b"\r\n..")
    try:
        connection.send(body.removesuffix(b"\r\n") + b"\r\n.\r\n")
        code, _ = connection.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise MaybeSent("The mail server fell silent while it had the mail.") from error
    if code != OK:
        raise NotSent(f"The mail server refused the mail with {code}.")
