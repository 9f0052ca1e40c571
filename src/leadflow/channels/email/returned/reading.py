"""Reading a mail that came back. What is not certain is said so and never guessed."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr

from leadflow.channels.email.returned.opting_out import opts_out
from leadflow.channels.email.returned.originals import answered_by
from leadflow.channels.email.returned.reports import (
    complaint,
    delivery_report,
    moment_of,
    old_bounce,
)
from leadflow.channels.email.returned.said import NotCertain, NothingOfOurs, Returned

LARGEST = 30_000_000
NO_OF_WHOM = "It asks for no more mail, and does not say which of ours it answers."
_NOBODY = ("mailer-daemon@", "postmaster@")
# As programs begin the subject of what they answer with, in the languages that they are known in.
_AWAY = re.compile(
    r"^\s*(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office"
    r"|automatische antwort|abwesenheits(?:notiz|nachricht|agent)|r.ponse automatique"
    r"|absence du bureau|absent du bureau|respuesta autom.tica|risposta automatica"
    r"|自動応答|自動返信|不在)",
    re.IGNORECASE,
)
# Headers of which every mail has one.
_OF_MAILS = frozenset(
    {"from", "to", "subject", "date", "message-id", "received", "return-path", "content-type"}
)
_BY_PROGRAMS = ("x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-reply")


def read_returned(content: bytes) -> Returned:
    """What a mail says of a message of ours.

    Args:
        content: the mail as it came, with its headers (RFC 5322).

    Raises:
        NothingOfOurs: it says nothing of any.
        NotCertain: it is not certain what it says, or of which.
    """
    if len(content) > LARGEST:
        raise NotCertain("It is too large to be read.")
    mail = message_from_bytes(content, policy=policy.default)
    if _OF_MAILS.isdisjoint(name.lower() for name in mail.keys()):  # noqa: SIM118  it is no dict
        raise NothingOfOurs("It is no mail.")
    try:
        words = _words(mail)
        for read in (complaint, delivery_report):
            if (found := read(mail, words)) is not None:
                return found
        if (found := _answer(mail)) is not None:
            return found
        if (found := old_bounce(mail, words)) is not None:
            return found
    except NotCertain:
        raise
    except Exception as error:
        # Whatever somebody sends: what takes mails apart stumbles over more than it says.
        raise NotCertain(f"It cannot be taken apart ({type(error).__name__}).") from None
    if not _is_of_a_program(mail) and opts_out(mail) == "surely":
        raise NotCertain(NO_OF_WHOM)
    raise NothingOfOurs(
        "It is neither a bounce, nor a complaint, nor an answer to one of our mails."
    )


def _answer(mail: EmailMessage) -> Returned | None:
    """What somebody, or a program for somebody, answered; None where it is no answer."""
    if not (mail.get("in-reply-to") or mail.get("references")):
        return None
    sender = str(mail.get("from", "")).lower()
    if any(name in sender for name in _NOBODY):
        return None
    ours, at = answered_by(mail), moment_of(mail)
    if _is_of_a_program(mail):
        return Returned("auto_replied", *ours, at)
    return Returned(
        "replied",
        *ours,
        at,
        sender=parseaddr(sender)[1],
        opts_out=opts_out(mail),
        own_id=str(mail.get("message-id", "")).strip(),
    )


def _is_of_a_program(mail: EmailMessage) -> bool:
    """As RFC 3834 has them say, and as those say that do not know it."""
    said = str(mail.get("auto-submitted", "no")).strip().lower()
    if not said.startswith("no") or any(mail.get(name) for name in _BY_PROGRAMS):
        return True
    if str(mail.get("precedence", "")).strip().lower() in ("auto_reply", "bulk", "junk", "list"):
        return True
    nobody = str(mail.get("return-path", "-")).strip() == "<>"
    return nobody or _AWAY.match(str(mail.get("subject", ""))) is not None


def _words(mail: EmailMessage) -> str:
    """All that can be read in it as text, what came back among it."""
    texts = []
    for part in mail.walk():
        if part.get_content_maintype() == "text" and not part.is_multipart():
            raw = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
            content = raw if isinstance(raw, bytes) else b""
            try:
                texts.append(content.decode(charset, "replace"))
            except LookupError:
                texts.append(content.decode("utf-8", "replace"))
    return "\n".join(texts)
