"""Why a mail was given up: by its codes, or else by what mail servers are known to say."""

import re
from collections.abc import Iterable

from leadflow.channels.email.bounce_classes import BounceClass, class_of_status
from leadflow.channels.email.returned.said import NotCertain

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_UNCLEAR = "It does not say why in words or codes that are known."
_SEVERAL = "It gives several reasons that have nothing to do with each other."
# Whole phrases that say one thing, as mail servers write them; not single words.
_PHRASES: dict[BounceClass, tuple[str, ...]] = {
    "recipient": (
        r"user unknown",
        r"unknown user",
        r"no such (?:user|recipient|mailbox|address)",
        r"no mailbox here by that name",
        r"(?:user|recipient|mailbox|account|address)[^.\n]{0,60}(?:does not|doesn't) exist",
        r"(?:recipient|mailbox|address)[^.\n]{0,20} (?:was )?not found",
        r"(?:address|user|email)[^.\n]{0,60}couldn't be found",
        r"account[^.\n]{0,40} (?:is|has been) (?:disabled|deactivated)",
        r"(?:benutzer|empf.nger|adressat) (?:ist )?(?:unbekannt|nicht gefunden)",
        r"(?:postfach|empf.nger|e-mail-adresse)[^.\n]{0,60}existiert nicht",
        r"(?:utilisateur|destinataire|adresse) inconnue?",
        r"(?:adresse|bo.te)[^.\n]{0,60}n'existe pas",
        r"(?:宛先|ユーザー|アドレス)[^。\n]{0,30}(?:見つかりません|存在しません)",
    ),
    "mailbox_full": (
        r"mailbox (?:is )?(?:full|over)",
        r"over (?:its |the )?(?:quota|storage)",
        r"quota (?:has been )?exceeded",
        r"(?:exceeded|over)[^.\n]{0,30} (?:quota|storage limit)",
        r"postfach[^.\n]{0,40} (?:ist )?(?:voll|.berf.llt)",
        r"bo.te[^.\n]{0,60} (?:est )?pleine",
        r"(?:メールボックス|受信箱)[^。\n]{0,30}(?:いっぱい|容量)",
    ),
    "expired": (
        r"retry time(?:out)? (?:not reached|exceeded)",
        r"(?:message|delivery time) (?:has )?expired",
        r"(?:could|can)not be delivered for (?:more than )?\d+ (?:hours|days)",
        r"giv(?:en|ing) up after",
        r"connection timed out",
    ),
    "policy": (
        r"block(?:ed|ing)? (?:using|by|list)",
        r"(?:reject|refus)ed (?:due to|by|for) (?:local |our |security )?polic(?:y|ies)",
        r"(?:black|deny) ?list",
        r"poor reputation",
        r"(?:spf|dkim|dmarc)[^.\n]{0,40}(?:fail|reject|policy)",
        r"unauthenticated (?:e-?mail|sender)",
    ),
    "content": (
        r"message (?:is )?too (?:big|large)",
        r"(?:message|size)[^.\n]{0,30} exceeds",
        r"(?:contains?|infected)[^.\n]{0,20} (?:a )?virus",
        r"(?:identified|classified|rejected) as spam",
    ),
}
_KNOWN = {name: re.compile("|".join(phrases), re.IGNORECASE) for name, phrases in _PHRASES.items()}


def class_said(diagnostic: str, statuses: Iterable[str]) -> BounceClass:
    """The class of a bounce.

    Args:
        diagnostic: what the mail server said, in its own words.
        statuses: enhanced status codes of fields that have nothing else in them.

    Raises:
        NotCertain: neither says why, or they say different things.
    """
    # What the last mail server said is nearer to the truth than what others made of it.
    for text in (diagnostic, *statuses):
        found = {class_of_status(code) for code in codes_in(text)} - {None}
        if len(found) == 1:
            return next(one for one in found if one is not None)
        if found:
            raise NotCertain(_SEVERAL)
    phrases = [name for name, known in _KNOWN.items() if known.search(diagnostic)]
    if len(phrases) != 1:
        raise NotCertain(_SEVERAL if phrases else _UNCLEAR)
    return phrases[0]


def codes_in(text: str) -> list[tuple[int, int, int]]:
    """The enhanced status codes of failures in a text."""
    found = (tuple(map(int, one)) for one in _CODE.findall(text))
    return [(one[0], one[1], one[2]) for one in found if one[0] != 2]
