"""The texts of notifications. They name people and leads, so they are made when they are sent, for
whom they are sent to, and kept nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from features.how_many import how_many

SUBJECTS = {
    "approval_asked": "Please decide: {what}",
    "approval_reminder": "Still waits for you: {what}",
    "approval_escalated": "Now up to you: {what}",
    "approval_decided": "{status}: {what}",
}
ASKED = """Hello {name},

{what} waits for your decision. Asked by: {asked_by}.

{headline}

Decide here: {link}
By: {due:%A %d %B %Y, %H:%M} UTC

In Prefect's form, decide as {username} with this one-time code: {code}
It works once, for {minutes}; the link above gives you a new one at any time.
"""
# Of one lead, and of several.
LEAD_SUBJECTS = {
    "assigned": ("A hot lead for you: {lead}", "{hot} for you"),
    "handed_on": ("Yours now, from a colleague: {lead}", "Yours now, from a colleague: {leads}"),
    "rule": ("Your rules tell you of {lead}", "Your rules tell you of {leads}"),
    "watched": ("Yours to watch too: {lead}", "Yours to watch too: {leads}"),
    "reminded": ("Waits for first contact: {lead}", "Wait for first contact: {leads}"),
    "escalated": ("Passed on, nobody got in touch: {lead}", "Passed on: {leads}"),
    "offered": ("Nobody got in touch, you can take {lead}", "Nobody got in touch with {leads}"),
    "unroutable": ("Nobody can take {lead}", "Nobody can take {leads}"),
    "stale": ("Lies about, tried by no sweep: {lead}", "Lie about, tried by no sweep: {leads}"),
}
DECIDED = """Hello {name},

{what}: {status}.

{reason}

What was asked and who decided: {link}
"""

GUESSES = """On {day} (UTC) wrong passwords were given for your account several times in a row.

Was it you? Then there is nothing to do. Whoever guesses has to wait longer after each; where you
have signed in before, you sign in as ever.

Was it not you? Choose a new password that you use nowhere else, and tell an admin: {link}
"""

ENDPOINT = """The webhook endpoint {name} is disabled: {why}.

Nothing more is written for it, and what waits is held. See what it answered:
leadflow endpoints messages {name}

Once it is back: leadflow endpoints enable {name}
What waits is sent then. To send one again that was given up:
leadflow endpoints replay {name} MESSAGE
"""

FAILED_RUN = """The run {run} of {flow} ended as {state}.

What it said, and running it again: {address}

Of more failures of this flow within the hour you are not told.
"""

CAMPAIGN = """The campaign {name} has paused itself: {why}.

Everybody stays where they are, and nothing is sent. See of which step, and why:
leadflow campaigns show {campaign}

Once what caused it is mended: leadflow campaigns resume {campaign}
What was before is then counted no more. To end it for good: leadflow campaigns stop {campaign}
"""


ANSWERS = """There are answers to mails{of} that may ask for no more. It is not certain who
wants what, so that nobody has been opted out. Please read them:
leadflow campaigns unread --to unread

Whoever does ask for it: leadflow consent record LEAD --withdrawn --evidence told_us
"""


CHANNEL = """The channel {name} takes no messages of campaigns any more. What was said last:
{why}

Nothing is handed to it for a while, and no message counts it as an attempt. Then one is, to see
whether it is back. How it is, and until when: leadflow channels

Once you have mended it: leadflow channels {name} --resume
"""


@dataclass(frozen=True)
class Message:
    """A subject and a plain text."""

    subject: str
    text: str


@dataclass(frozen=True)
class Question:
    """What somebody is to decide, as they read it; ``asked_by``: what whoever asks is called."""

    what: str
    headline: str
    asked_by: str
    link: str
    due: datetime


@dataclass(frozen=True)
class Code:
    """What a person decides with in Prefect's form."""

    username: str
    code: str
    minutes: float


def asked(what_happened: str, name: str, question: Question, code: Code) -> Message:
    """Somebody is to decide."""
    text = ASKED.format(
        name=name,
        **vars(question),
        username=code.username,
        code=code.code,
        minutes=how_many(code.minutes, "minute"),
    )
    return Message(SUBJECTS[what_happened].format(what=question.what), text)


def decided(name: str, what: str, link: str, status: str, reason: str | None) -> Message:
    """What somebody asked for has been decided, or what they were asked is withdrawn."""
    text = DECIDED.format(name=name, what=what, status=status, reason=reason or "", link=link)
    subject = SUBJECTS["approval_decided"].format(what=what, status=status.capitalize())
    return Message(subject, text)


def of_leads(what: str, name: str, leads: Mapping[str, str], count: int, address: str) -> Message:
    """Something about leads: what each is called, with a link, and how many more there are.

    Args:
        leads: what the named leads are called, by id; the id itself where the reader may not know.
        count: how many leads there are with those that are not named.
    """
    one, many = LEAD_SUBJECTS[what]
    words = {"leads": how_many(count, "lead"), "hot": how_many(count, "hot lead")}
    subject = (one if count == 1 else many).format(lead=next(iter(leads.values())), **words)
    told = [f"{lead}\n{address}/console/leads/{lead_id}\n" for lead_id, lead in leads.items()]
    more = [f"and {how_many(count - len(leads), 'other lead')}\n"] if count > len(leads) else []
    return Message(subject, "\n".join([f"Hello {name},", "", f"{subject}.", "", *told, *more]))


def guesses(day: str, link: str) -> Message:
    """Somebody guesses a person's password."""
    return Message("Wrong passwords for your account", GUESSES.format(day=day, link=link))


def endpoint_disabled(name: str, why: str, days: float) -> Message:
    """An endpoint is told nothing any more; ``why``: ``gone``, or ``failing`` for so many days."""
    failing = f"for {how_many(days, 'day')} nothing has got through to it"
    said = "it answers that it is gone (410)" if why == "gone" else failing
    return Message(f"Webhook endpoint disabled: {name}", ENDPOINT.format(name=name, why=said))


def channel_open(name: str, why: str) -> Message:
    """A channel takes no messages of campaigns any more; ``why``: what was said last."""
    return Message(f"Messages wait: {name}", CHANNEL.format(name=name, why=why))


def campaign_paused(campaign: str, name: str, why: str, shares: tuple[int, int]) -> Message:
    """A campaign has paused itself, for ``complaints`` or ``bounces``: so many of so many."""
    some, of = shares
    reported = f"{how_many(some, 'person')} of {of:,} marked its mails as spam"
    said = reported if why == "complaints" else f"{some:,} of {how_many(of, 'mail')} came back"
    text = CAMPAIGN.format(name=name, campaign=campaign, why=said)
    return Message(f"Campaign paused: {name}", text)


def answers_to_read(name: str | None) -> Message:
    """Answers to a campaign's mails may ask for no more of them; None: of which is not known."""
    of = "" if name is None else f" of the campaign {name}"
    return Message(f"Answers to mails{of} are to be read", ANSWERS.format(of=of))


def run_failed(flow: str, run: str, state: str, address: str) -> Message:
    """That a run of a flow failed, and where it can be looked at."""
    text = FAILED_RUN.format(flow=flow, run=run, state=state, address=address)
    return Message(f"{flow}: a run ended as {state}", text)
