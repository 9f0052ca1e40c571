"""The mails of campaigns for leads that are made up, to look at before anybody gets one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from leadflow.campaigns.definitions.contents import ready
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.definitions.schemas import Content
from leadflow.campaigns.definitions.templates import FAMILIES, names_in
from leadflow.channels.email.message import Envelope, Mailbox, message_bytes
from leadflow.channels.email.rendering import Rendered, rendered

_ALWAYS: dict[str, Any] = {
    "sender": {"name": "Anna Weber", "address": "Example Ltd, 1 Main Street, London"},
    "unsubscribe_url": "https://example.com/unsubscribe/a-lead",
    "preferences_url": "https://example.com/preferences/a-lead",
}
_LEAD = {
    "first_name": "Zoë",
    "last_name": "Martin",
    "company_name": "Martin & Sons",
    "job_title": "Head of sales",
    "industry": "manufacturing",
    "location": "Lyon, France",
    "region": "Auvergne-Rhône-Alpes",
}
_REP = {"name": "Ben Okafor", "email": "ben@example.com"}
_WRITTEN_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def sample_mails(program: Program) -> Iterator[tuple[str, Rendered, bytes]]:
    """Each content of a campaign for a lead of whom everything is known, and for one of whom
    nothing is: its name, what it says, and the whole message."""
    for name, content in program.campaign.contents.items():
        mail_of = ready(program.campaign, content)
        always = _ALWAYS | {"campaign": {"name": program.campaign.name}}
        for whom, values in (("known", always | _known(content)), ("unknown", always)):
            called = f"{program.name}.{name}.{whom}"
            mail = rendered(mail_of, values)
            envelope = Envelope(
                called,
                Mailbox("anna@example.com", "Anna Weber"),
                Mailbox("zoe@example.org", "Zoë Martin" if whom == "known" else ""),
                unsubscribe_url=_ALWAYS["unsubscribe_url"],
            )
            yield called, mail, message_bytes(mail, envelope, _WRITTEN_AT)


def _known(content: Content) -> dict[str, Any]:
    """A lead of whom everything is known that the content asks for; of what a company calls its own
    way we say that it stands there."""
    asked = {
        name
        for text in (content.subject, content.preheader or "", content.body)
        for name in names_in(text)
    }
    attributes, enrollment = (
        {
            (own := name.removeprefix(family)): f"[{own}]"
            for name in asked
            if name.startswith(family)
        }
        for family in FAMILIES
    )
    return {"lead": _LEAD | {"attributes": attributes}, "rep": _REP, "enrollment": enrollment}
