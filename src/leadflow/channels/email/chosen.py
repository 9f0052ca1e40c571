"""The way of sending mail that the settings choose: made here, and nowhere else."""

from collections.abc import Iterator
from email.errors import HeaderDefect, HeaderParseError
from email.headerregistry import Address
from ipaddress import ip_address
from urllib.parse import urlsplit

from leadflow.channels.email import resend, smtp
from leadflow.channels.email.dkim import KeyUnusable, Signer, signer
from leadflow.channels.email.outgoing import MailChannel
from leadflow.channels.email.resend import Resend
from leadflow.channels.email.smtp import Server, Smtp
from leadflow.setting_groups.sending import NO_POSTAL_ADDRESS
from leadflow.settings import Settings

SANDBOX = "sandbox"
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_NOBODYS = ("localhost", "example", "invalid", "test", "local")


class SendingNotSet(ValueError):
    """Messages cannot go out as the settings are; the message says which to set, and to what."""


def chosen(settings: Settings) -> MailChannel:
    """The channel that messages of campaigns go through; whoever asks closes it.

    Raises:
        SendingNotSet: sending is off, or live and something that it needs is missing.
    """
    if settings.sending == "off":
        raise SendingNotSet("Nothing is sent: LEADFLOW_SENDING is off.")
    if settings.sending == "sandbox":
        return Smtp(Server(settings.host, settings.smtp_port, "none"), name=SANDBOX)
    found = missing(settings)
    if found:
        raise SendingNotSet("\n".join(found))
    if settings.resend_api_key is not None:
        return Resend(settings.resend_api_key.get_secret_value())
    password = settings.mail_password
    server = Server(
        settings.mail_host or "",
        settings.mail_port,
        settings.mail_security,
        settings.mail_user,
        None if password is None else password.get_secret_value(),
    )
    return Smtp(server, signer=_signer(settings))


def channel_name(settings: Settings) -> str | None:
    """What the channel is called that messages go through; None: nothing is sent as things are."""
    if settings.sending == SANDBOX:
        return SANDBOX
    if settings.sending == "off" or missing(settings):
        return None
    if settings.resend_api_key is not None:
        return resend.name_of(settings.resend_api_key.get_secret_value())
    return smtp.name_of(settings.mail_host or "")


def missing(settings: Settings) -> list[str]:
    """What keeps mail from going to people, each in a sentence that names the setting; nothing
    where sending is not live."""
    if settings.sending != "live":
        return []
    return [*_of_the_sender(settings), *_of_the_way(settings), *_of_the_signature(settings)]


def in_words(settings: Settings) -> str:
    """Where mail goes, without a secret."""
    if settings.sending == "off":
        return "off: messages wait"
    if settings.sending == SANDBOX:
        return "sandbox: the local mail server takes them and delivers nothing"
    if settings.resend_api_key is not None:
        return f"live, by Resend, from {settings.sender_email}"
    signed = f"signed for {settings.dkim_domain}" if settings.dkim_key else "not signed here"
    where = f"{settings.mail_host}:{settings.mail_port}"
    return f"live, by {where}, from {settings.sender_email}, {signed}"


def _of_the_sender(settings: Settings) -> Iterator[str]:
    if settings.sender_name.splitlines() not in ([settings.sender_name], []):
        yield "LEADFLOW_SENDER_NAME has to be one line."
    domain = _domain(settings.sender_email)
    if domain is None or not _is_public(domain):
        yield "LEADFLOW_SENDER_EMAIL has to be an address that people can answer to."
    if settings.sender_address.strip() in ("", NO_POSTAL_ADDRESS):
        yield "LEADFLOW_SENDER_ADDRESS has to be the sender's postal address."
    if not settings.address.startswith("https://"):
        yield (
            "LEADFLOW_PUBLIC_URL has to begin with https://: by it people say that they want no "
            "more mails."
        )
    elif not _reached_by_all(settings.address):
        yield (
            "LEADFLOW_PUBLIC_URL has to be an address that people reach from everywhere, such as "
            "https://leads.example.com: by it they say that they want no more mails."
        )


def _reached_by_all(url: str) -> bool:
    """Whether an address may be reached from outside of this machine and its network."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return _is_public(host.rstrip("."))


def _is_public(domain: str) -> bool:
    ending = domain.rpartition(".")[2]
    return "." in domain.strip(".") and ending not in _NOBODYS and not ending.isdigit()


def _of_the_way(settings: Settings) -> Iterator[str]:
    if settings.mail_host is None and settings.resend_api_key is None:
        yield "LEADFLOW_MAIL_HOST, or LEADFLOW_RESEND_API_KEY, has to say who sends."
    if settings.mail_host is not None and settings.resend_api_key is not None:
        yield (
            "LEADFLOW_MAIL_HOST and LEADFLOW_RESEND_API_KEY are both set: leave one out, for each "
            "message goes one way."
        )
    if settings.resend_api_key is not None and settings.bounce_address is not None:
        yield (
            "LEADFLOW_BOUNCE_ADDRESS has to be left out: Resend tells of bounces by its webhook."
        )
    if settings.mail_host is None:
        return
    if (settings.mail_user is None) != (settings.mail_password is None):
        yield "LEADFLOW_MAIL_USER and LEADFLOW_MAIL_PASSWORD have to be set both, or neither."
    if settings.mail_security == "none" and settings.mail_host not in _HERE:
        yield (
            "LEADFLOW_MAIL_SECURITY has to be starttls or tls: none is for a mail server on this "
            "machine."
        )


def _of_the_signature(settings: Settings) -> Iterator[str]:
    said = (settings.dkim_key, settings.dkim_domain, settings.dkim_selector)
    if all(one is None for one in said):
        return
    if settings.resend_api_key is not None:
        yield (
            "LEADFLOW_DKIM_KEY, LEADFLOW_DKIM_DOMAIN and LEADFLOW_DKIM_SELECTOR have to be left "
            "out: Resend signs by itself."
        )
    elif any(one is None for one in said):
        yield (
            "LEADFLOW_DKIM_KEY, LEADFLOW_DKIM_DOMAIN and LEADFLOW_DKIM_SELECTOR have to be set "
            "all, or none."
        )
    else:
        own, of = _domain(settings.sender_email), (settings.dkim_domain or "").lower()
        if not _is_public(of):
            yield (
                "LEADFLOW_DKIM_DOMAIN has to be a whole domain, such as example.com: mailboxes "
                "trust no signature of an ending alone."
            )
        elif own is not None and own != of and not own.endswith(f".{of}"):
            yield (
                f"LEADFLOW_DKIM_DOMAIN has to be the domain of LEADFLOW_SENDER_EMAIL ({own}), or "
                "one that it belongs to: mailboxes trust no other signature."
            )
        try:
            _signer(settings)
        except KeyUnusable as error:
            yield f"LEADFLOW_DKIM_KEY: {error}"


def _signer(settings: Settings) -> Signer | None:
    """Who signs; None where nobody does here.

    Raises:
        KeyUnusable: the key cannot be read, or is none that mailboxes trust.
    """
    if settings.dkim_key is None:
        return None
    try:
        pem = settings.dkim_key.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise KeyUnusable(f"The DKIM key {settings.dkim_key} cannot be read: {why}.") from None
    return signer((settings.dkim_domain or "").lower(), settings.dkim_selector or "", pem)


def _domain(address: str) -> str | None:
    try:
        return Address(addr_spec=address).domain.lower() or None
    except (ValueError, IndexError, HeaderParseError, HeaderDefect):
        return None
