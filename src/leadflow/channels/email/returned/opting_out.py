"""Whether somebody answers a mail with the wish for no more of them."""

import re
from email.message import EmailMessage
from itertools import takewhile
from typing import Literal

from leadflow.channels.email.returned.opting_out_words import (
    is_polite,
    plain,
    says_just_this,
    says_perhaps,
)
from leadflow.channels.email.text_part import text_part

# ``surely``: it says just this; ``perhaps``: there are words of it.
OptsOut = Literal["surely", "perhaps", "no"]
_WORDS_OF_IT = re.compile(
    r"unsubscri|opt(?:ing)?[- ]?out|(?:remove|take|delete) (?:me|us|my)\b"
    r"|off (?:your|the|this) (?:mailing )?list"
    r"|(?:no|any) (?:more|further) e-?mails?|stop (?:sending|mailing|e-?mailing|writing|contacting)"
    r"|(?:do not|don't|dont) (?:e-?mail|mail|write|contact)|leave me alone"
    r"|abmeld|meld(?:e|en)? .{0,60}\bab\b|abbestell|austragen|keine (?:weiteren )?(?:e-?)?mails"
    r"|verteiler|desabonn|desinscri|plus (?:recevoir|d'e-?mails)"
    r"|de baja|desuscri|suscripcion|disiscri|cancella(?:mi|temi)|iscrizione|descadastr|cancelar"
    r"|uitschrijv|afmeld|wypisz|wypisa|rezygn"
)
# Where an answer ends and what it answers begins, as mailboxes write it; and what telephones add.
_QUOTED = re.compile(
    r"^(?:>|-- ?$|_{5,}|-{3,} ?\w|(?:from|von|de|da|van|od|expéditeur) ?:"
    r"|(?:on|am|le|el|il|em|op|dnia|w dniu)\b.*:$"
    r"|(?:sent|get outlook|von meinem|gesendet (?:von|mit)|envoyé (?:de|depuis)"
    r"|enviado (?:desde|do|de)|inviato da|verstuurd vanaf|verzonden vanaf|wysłane? z)\b.{0,40}"
    r"(?:phone|ipad|android|mobil|móvil|mobiel|outlook|samsung|galaxy|mail|télécommande|gerät|smart))",
    re.IGNORECASE,
)
# What mailboxes write before the subject of what is answered.
_ANSWERED = re.compile(r"^\s*(?:re|aw|antw|sv|ref|rif|r|odp|res|rép|fwd?|wg|tr)\s*:", re.IGNORECASE)
# A sentence may be broken into so many lines.
_LINES = 3


def opts_out(mail: EmailMessage) -> OptsOut:
    """What somebody's answer says of it, in words of their own and not in those that it quotes. The
    subject is theirs where it is not that of what they answer."""
    lines = _own_lines(mail)
    subject = str(mail.get("subject", ""))
    by_subject = says_just_this(plain(_ANSWERED.sub("", subject)))
    if not lines:
        its_own = not _ANSWERED.match(subject)
        return "no" if not by_subject else "surely" if its_own else "perhaps"
    begins = next((number for number, line in enumerate(lines) if not _is_greeting(line)), 0)
    first = lines[begins : begins + _LINES]
    if any(says_just_this(" ".join(first[:many])) for many in range(1, len(first) + 1)):
        return "surely"
    words = " ".join(lines)
    found = by_subject or _WORDS_OF_IT.search(words) or says_perhaps(words)
    return "perhaps" if found else "no"


def _is_greeting(line: str) -> bool:
    return is_polite(line) and not says_just_this(line)


def _own_lines(mail: EmailMessage) -> list[str]:
    """In plain words; lines of signs alone are none."""
    body = mail.get_body(("plain", "html"))
    if body is None:
        return []
    content = str(body.get_content())
    if body.get_content_subtype() == "html" and content.strip():
        content = text_part(content)
    lines = (line.strip() for line in content.splitlines())
    own = takewhile(lambda line: not _QUOTED.match(line), lines)
    return [words for line in own if (words := plain(line))]
