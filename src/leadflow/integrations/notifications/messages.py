"""The texts of notifications: ids, links and figures; who somebody is stays in the store."""

from dataclasses import dataclass
from datetime import datetime

SUBJECTS = {
    "approval_asked": "Please decide: {what}",
    "approval_reminder": "Still waits for you: {what}",
    "approval_escalated": "Now up to you: {what}",
    "approval_decided": "{status}: {what}",
}
ASKED = """{what} waits for your decision.

{headline}

Decide here: {link}
By: {due:%A %d %B %Y, %H:%M} UTC

In Prefect's form, decide as {username} with this one-time code: {code}
It works once, for {minutes:g} minutes; the link above gives you a new one at any time.
"""
LEAD_SUBJECTS = {
    "assigned": ("A hot lead for you", "{count} hot leads for you"),
    "rule": ("A lead your rules tell you of", "{count} leads your rules tell you of"),
    "reminded": ("A lead waits for your first word", "{count} leads wait for your first word"),
    "escalated": ("A lead passed on: nobody got in touch", "{count} leads passed on"),
    "unroutable": ("Nobody can take a lead", "Nobody can take {count} leads"),
    "stale": ("A lead lies about", "{count} leads lie about"),
}
DECIDED = """{what}: {status}.

{reason}

What was asked and who decided: {link}
"""

GUESSES = """On {day} (UTC) wrong passwords were given for your account several times in a row.

Was it you? Then there is nothing to do. Whoever guesses has to wait longer after each; where you
have signed in before, you sign in as ever.

Was it not you? Choose a new password that you use nowhere else, and tell an admin: {link}
"""


@dataclass(frozen=True)
class Message:
    """A subject and a plain text."""

    subject: str
    text: str


def asked(
    what_happened: str,
    what: str,
    headline: str,
    link: str,
    due: datetime,
    username: str,
    code: str,
    minutes: float,
) -> Message:
    """Somebody is to decide."""
    text = ASKED.format(
        what=what,
        headline=headline,
        link=link,
        due=due,
        username=username,
        code=code,
        minutes=minutes,
    )
    return Message(SUBJECTS[what_happened].format(what=what), text)


def decided(what: str, link: str, status: str, reason: str | None) -> Message:
    """What somebody asked for has been decided."""
    text = DECIDED.format(what=what, status=status, reason=reason or "", link=link)
    subject = SUBJECTS["approval_decided"].format(what=what, status=status.capitalize())
    return Message(subject, text)


def of_leads(what: str, lead_ids: list[str], leads: int, address: str) -> Message:
    """Something about leads: a link to each that is named, and how many more there are."""
    one, many = LEAD_SUBJECTS[what]
    subject = one if leads == 1 else many.format(count=leads)
    links = [f"{address}/console/leads/{lead_id}" for lead_id in lead_ids]
    more = [f"and {leads - len(links)} more"] if leads > len(links) else []
    return Message(subject, "\n".join([f"{subject}:", "", *links, *more, ""]))


def guesses(day: str, link: str) -> Message:
    """Somebody guesses a person's password."""
    return Message("Wrong passwords for your account", GUESSES.format(day=day, link=link))
