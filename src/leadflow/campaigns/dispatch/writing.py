"""Claimed messages become mails: what the campaign says, with what is known of the lead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, Rep
from leadflow.campaigns.definitions.contents import ready
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.feedback.tokens import addresses
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.tables import CampaignMessage, Enrolment
from leadflow.channels.email.compiling import Compiled
from leadflow.channels.email.message import Envelope, Mailbox, carried
from leadflow.channels.email.outgoing import Outgoing
from leadflow.channels.email.rendering import NotRendered, Rendered, rendered
from leadflow.channels.email.return_paths import return_path
from leadflow.channels.email.tracking import tracked
from leadflow.consent.links import preferences_url, unsubscribe_url
from leadflow.leads.tables import Lead
from leadflow.settings import Settings

OF_LEAD = (
    "first_name",
    "last_name",
    "company_name",
    "job_title",
    "industry",
    "location",
    "region",
)


@dataclass(frozen=True)
class Written:
    """Mails by the ids of their messages, and where each goes, by keyed hash; and why others could
    not be written."""

    mails: Mapping[str, Outgoing]
    addresses: Mapping[str, str | None]
    faults: Mapping[str, str]


def write(session: Session, ids: Sequence[str], settings: Settings, now: datetime) -> Written:
    """The mails of these messages."""
    rows = session.execute(
        select(CampaignMessage, Enrolment, Lead, Rep)
        .join(Enrolment, Enrolment.id == CampaignMessage.enrolment_id)
        .join(Lead, Lead.id == CampaignMessage.lead_id)
        .outerjoin(Assignment, (Assignment.lead_id == Lead.id) & Assignment.ended_at.is_(None))
        .outerjoin(Rep, Rep.id == Assignment.rep_id)
        .where(CampaignMessage.id.in_(list(ids)))
    ).all()
    known = programs(session, {(row[0].campaign, row[0].version) for row in rows})
    mails: dict[str, Outgoing] = {}
    faults: dict[str, str] = {}
    for message, enrolment, lead, rep in rows:
        program = known[message.campaign, message.version]
        try:
            mails[message.id] = _mail(program, message, enrolment, lead, rep, settings, now)
        except NotRendered as error:
            faults[message.id] = error.why
    addresses = {message.id: lead.email_index for message, _, lead, _ in rows}
    return Written(mails, addresses, faults)


def _mail(
    program: Program,
    message: CampaignMessage,
    enrolment: Enrolment,
    lead: Lead,
    rep: Rep | None,
    settings: Settings,
    now: datetime,
) -> Outgoing:
    purpose, base = program.campaign.purpose, settings.address
    # What somebody uses or the law has us send is followed to nobody.
    how = settings.tracking if purpose == "marketing" else "off"
    content = tracked(_content(program, message.step), how)
    language = program.campaign.language
    of_link = lead.id, purpose, message.id, lead.email_index or "", language
    links = {"preferences_url": preferences_url(base, *of_link)}
    if purpose != "legal":
        links["unsubscribe_url"] = unsubscribe_url(base, *of_link)
    name = " ".join(part for part in (lead.first_name, lead.last_name) if part)
    # RFC 8058 asks for https; without it mailboxes go by the link in the mail alone.
    one_click = links.get("unsubscribe_url", "")
    envelope = Envelope(
        message.id,
        Mailbox(settings.sender_email, settings.sender_name),
        Mailbox(carried(lead.email or ""), name),
        unsubscribe_url=one_click if one_click.startswith("https://") else None,
        returns_to=return_path(settings.bounce_address, message.id),
    )
    ours = (
        {} if how == "off" else addresses(base, message.id, message.version, len(content.targets))
    )
    more = {"enrollment": enrolment.data or {}, "tracked": ours, **links}
    values = _values(program, lead, rep, more, settings)
    return Outgoing(envelope, rendered(content.content, values), now)


def words_for(
    program: Program,
    step: str,
    lead: Lead,
    rep: Rep | None,
    more: Mapping[str, Any],
    settings: Settings,
) -> Rendered:
    """What a lead is sent by a step.

    Args:
        rep: the salesperson who has the lead.
        more: what was said as it was enrolled (``enrollment``), and its own links.

    Raises:
        NotRendered: a name that every mail needs has no value.
    """
    return rendered(_content(program, step), _values(program, lead, rep, more, settings))


def _content(program: Program, step: str) -> Compiled:
    content = program.campaign.contents[program.nodes[program.numbers[step]].step.send or ""]
    return ready(program.campaign, content)


def _values(
    program: Program, lead: Lead, rep: Rep | None, more: Mapping[str, Any], settings: Settings
) -> dict[str, Any]:
    return {
        "lead": {name: getattr(lead, name) for name in OF_LEAD}
        | {"attributes": lead.attributes or {}},
        "rep": {} if rep is None else {"name": rep.name, "email": rep.email},
        "campaign": {"name": program.campaign.name},
        "sender": {"name": settings.sender_name, "address": settings.sender_address},
        **more,
    }
