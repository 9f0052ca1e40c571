"""Values derived from the words of a lead: pure functions of text, None where unknown."""

from features.normal_forms import address
from leadflow.leads.places import place as place
from leadflow.leads.readers.phones import normalise_phone as normalise_phone
from leadflow.leads.readers.timelines import timeline_months as timeline_months

_FREE = """
    126.com 163.com aol.com fastmail.com free.fr gmail.com gmx.at gmx.com gmx.de gmx.net
    googlemail.com hotmail.co.uk hotmail.com hotmail.de hotmail.fr icloud.com laposte.net
    libero.it live.com mac.com mail.com mail.ru me.com msn.com naver.com orange.fr
    outlook.com outlook.de proton.me protonmail.com qq.com t-online.de web.de yahoo.co.in
    yahoo.co.jp yahoo.co.uk yahoo.com yahoo.de yahoo.fr yandex.com yandex.ru ymail.com
    zoho.com
"""
FREE_MAIL = frozenset(_FREE.split())


def normalise_email(email: str) -> str:
    """The form an address is looked up by."""
    return address(email)


def email_kind(email: str | None) -> str:
    """``none``, ``free`` (a provider anybody can register with) or ``company``."""
    if not email:
        return "none"
    return "free" if normalise_email(email).rpartition("@")[2] in FREE_MAIL else "company"
