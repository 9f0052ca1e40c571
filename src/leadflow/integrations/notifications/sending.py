"""Sending one notice to one address, by mail or by whatever else Apprise knows."""

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from leadflow.integrations.notifications import mailbox, smtp
from leadflow.integrations.notifications.messages import Message
from leadflow.integrations.notifications.smtp import NotSent
from leadflow.outbox.acts import Done, NotPerformed, Order, Unknown
from leadflow.settings import Settings

LOCAL = "mailto://{host}:{port}/?from=Leadflow<leadflow@localhost>&to={{email}}&mode=insecure"


UNUSABLE = "LEADFLOW_NOTIFY_URL is not an address that Apprise understands."


@dataclass(frozen=True)
class Recipient:
    """Where a notice goes; ``username`` for ways that are not mail."""

    email: str
    username: str
    person_id: str | None = None


def is_usable(settings: Settings) -> bool:
    """Whether notices can go through the address that is set; nothing is sent."""
    import apprise

    somebody = Recipient("somebody@example.com", "somebody")
    return apprise.Apprise.instantiate(_address(settings, somebody)) is not None


def send(order: Order, to: Recipient, message: Message) -> None:
    """Hand a message over.

    Raises:
        NotSent: it was surely not taken.
        MaybeSent: the mail server may or may not have taken it.
    """
    # Slow to import, and of all commands and flows only this needs it.
    import apprise
    from apprise.plugins.email.base import NotifyEmail

    target = apprise.Apprise.instantiate(_address(order.settings, to))
    if target is None:
        raise NotSent(UNUSABLE)
    if isinstance(target, NotifyEmail):
        local = order.settings.notify_url is None and to.person_id is not None
        headers = {mailbox.PERSON: str(to.person_id)} if local else {}
        smtp.send_mail(target, to.email, message, _number(order.key), order, headers)
        return
    taken = target.notify(
        body=message.text, title=message.subject, body_format=apprise.NotifyFormat.TEXT
    )
    if not taken:
        raise NotSent("The notice was not taken. Is LEADFLOW_NOTIFY_URL up?")


def was_sent(order: Order, payload: object) -> Done | Unknown:
    """Whether the notice of this key was taken, where that can be found out: in the local mailbox.

    Raises:
        NotPerformed: it was not.
    """
    folder = mailbox.folder_of(order.settings)
    if order.settings.notify_url is not None or not folder.is_dir():
        return Unknown()
    if mailbox.holds(order.settings, smtp.message_id(_number(order.key))):
        return Done({"found": "in the mailbox"})
    raise NotPerformed("The mailbox does not hold it.")


def _address(settings: Settings, to: Recipient) -> str:
    address = settings.notify_url or LOCAL.format(host=settings.host, port=settings.smtp_port)
    return address.replace("{email}", quote(to.email, safe="@")).replace(
        "{username}", quote(to.username, safe="")
    )


def _number(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:32]
