"""Whether somebody answers a mail with the wish for no more of them."""

import re
from email.message import EmailMessage
from itertools import takewhile
from typing import Literal

from leadflow.channels.email.text_part import text_part

# ``surely``: the first line says just this; ``perhaps``: there are words of it.
OptsOut = Literal["surely", "perhaps", "no"]
_JUST_THIS = re.compile(
    r"(?:please |bitte |s\.?v\.?p\.? |por favor,? |per favore,? |proszę )?(?:"
    r"unsubscribe(?: me)?|stop|opt[- ]?out|remove me|take me off (?:your|the|this) list"
    r"|abmelden|abmeldung|abbestellen|austragen|stopp"
    r"|(?:me |se )?désabonner|désabonnement|désabonnez-moi|désinscription|désinscrire"
    r"|baja|dar(?:me)? de baja|cancelar (?:la |mi )?suscripción"
    r"|disiscrivimi|disiscrizione|cancellami|annulla(?: l['\u2019])?iscrizione"
    r"|descadastrar|cancelar (?:a |minha )?(?:inscrição|subscrição)"
    r"|uitschrijven|afmelden|meld mij af"
    r"|wypisz mnie|wypisz|rezygnuję"
    r")(?:,? (?:please|bitte|svp|por favor|per favore|thanks|danke|merci))?",
    re.IGNORECASE,
)
_WORDS_OF_IT = re.compile(
    r"unsubscri|opt(?:ing)?[- ]?out|(?:remove|take) me\b|off (?:your|the|this) (?:mailing )?list"
    r"|no (?:more|further) e?-?mails?|stop (?:sending|mailing|e-?mailing|writing|contacting)"
    r"|abmeld|melden? .{0,60}\bab\b|abbestell|austragen|keine (?:weiteren )?(?:e-?)?mails"
    r"|désabonn|désinscri|plus (?:recevoir|d['\u2019]e-?mails)"
    r"|de baja|suscripción|disiscri|cancellami|descadastr|cancelar|uitschrijv|afmeld"
    r"|wypisz|wypisa|rezygnuj",
    re.IGNORECASE,
)
# Where an answer ends and what it answers begins, as mailboxes write it.
_QUOTED = re.compile(
    r"^(?:>|-- ?$|_{5,}|-{3,} ?\w|(?:from|von|de|da|van|od|expéditeur) ?:"
    r"|(?:on|am|le|el|il|em|op|dnia|w dniu)\b.*:$)",
    re.IGNORECASE,
)
_EDGES = " \t\u00a0.!,;:*\"'\u201c\u201d\u201e«»"


def opts_out(mail: EmailMessage) -> OptsOut:
    """What somebody's answer says of it, in words of their own and not in those that it quotes."""
    lines = _own_lines(mail)
    if not lines:
        return "no"
    if _JUST_THIS.fullmatch(" ".join(lines[0].strip(_EDGES).split())):
        return "surely"
    return "perhaps" if any(_WORDS_OF_IT.search(line) for line in lines) else "no"


def _own_lines(mail: EmailMessage) -> list[str]:
    body = mail.get_body(("plain", "html"))
    if body is None:
        return []
    content = str(body.get_content())
    if body.get_content_subtype() == "html" and content.strip():
        content = text_part(content)
    lines = (line.strip() for line in content.splitlines())
    own = takewhile(lambda line: not _QUOTED.match(line), lines)
    return [line for line in own if line]
