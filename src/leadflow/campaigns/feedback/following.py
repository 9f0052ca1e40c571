"""What follows from what came back: suppressed addresses, an opt-out, events of the lead."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, func, literal, select
from sqlalchemy.orm import Session

from leadflow.audit.queue import record_soon
from leadflow.campaigns.feedback.noted import New
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.email.bounce_classes import HARD, SOFT
from leadflow.consent import log as consent
from leadflow.consent.evidence import Purpose
from leadflow.consent.from_events import UNSUBSCRIBE
from leadflow.consent.refusals import SuppressionReason
from leadflow.consent.suppressing import put_down
from leadflow.leads.events.recording import EventIn, store_events
from leadflow.leads.tables import Lead

ACTOR = "message_feedback"
# So many messages one after the other that came back for a while end it.
SOFT_IN_A_ROW = 5
BOUNCE = "email_bounce"
_EVENTS = {
    "opened": "email_open",
    "clicked": "email_click",
    "replied": "email_reply",
    "bounced": BOUNCE,
    "complained": UNSUBSCRIBE,
    "unsubscribed": UNSUBSCRIBE,
}


def follow(session: Session, new: Sequence[New], now: datetime) -> None:
    """Suppress the addresses of who complained or does not exist, at once, and those to which five
    messages in a row did not get; write complaints and opt-outs by answers into the log of
    consent; and tell the leads' own events. Machines count in nothing of it."""
    of_people = [one for one in new if one.told.machine is None]
    bounced = [one for one in of_people if one.told.bounce_class in HARD | SOFT]
    complained = [one for one in of_people if one.told.kind == "complained"]
    gone = [one for one in bounced if one.told.bounce_class in HARD]
    soft = {where for one in bounced if one.told.bounce_class in SOFT and (where := _where(one))}
    _suppress(session, gone, _unreached(session, soft), "hard_bounce", now)
    _suppress(session, complained, (), "complaint", now)
    _say_no(session, complained, "complaint", now)
    _say_no(session, [one for one in of_people if one.told.by_reply], "reply", now)
    _tell(session, [one for one in of_people if _is_of_lead(one)], now)


def _is_of_lead(new: New) -> bool:
    told = new.told
    if told.kind == "unsubscribed":
        # By a link, that is an event already; and no to service is none.
        return told.by_reply and _purpose(new) == "marketing"
    return told.kind in _EVENTS and (told.bounce_class is None or told.bounce_class in HARD | SOFT)


def _where(new: New) -> str | None:
    """The address that a message went to, by keyed hash, where that is told or known."""
    return new.told.address_index or new.message.address_index


def _unreached(session: Session, addresses: Collection[str]) -> set[str]:
    """Of these addresses, those to which the last messages all came back for a while, so many."""
    if not addresses:
        return set()
    nth = func.row_number().over(
        partition_by=CampaignMessage.address_index,
        order_by=(CampaignMessage.sent_at.desc(), CampaignMessage.id.desc()),
    )
    to = CampaignMessage.address_index
    last = (
        select(to, CampaignMessage.status, CampaignMessage.why, nth.label("n"))
        .where(to == any_(literal(sorted(addresses), ARRAY(Text))))
        .where(CampaignMessage.sent_at.is_not(None))
        .subquery()
    )
    came_back = (last.c.status == "bounced") & last.c.why.in_(sorted(SOFT))
    row = select(last.c.address_index).where(last.c.n <= SOFT_IN_A_ROW, came_back)
    many = row.group_by(last.c.address_index).having(func.count() == SOFT_IN_A_ROW)
    return {one for one in session.scalars(many) if one is not None}


def _suppress(
    session: Session,
    new: Sequence[New],
    addresses: Collection[str],
    reason: SuppressionReason,
    now: datetime,
) -> None:
    """The addresses that messages went to, where these are told or known; else those that their
    leads have; and these."""
    found = {where for one in new if (where := _where(one))} | set(addresses)
    whose = {one.message.lead_id for one in new if _where(one) is None}
    if whose:
        own = Lead.id == any_(literal(sorted(whose), ARRAY(Text)))
        of_leads = session.scalars(select(Lead.email_index).where(own))
        found |= {index for index in of_leads if index is not None}
    put_down(session, dict.fromkeys(found, now), reason, ACTOR)


def _say_no(session: Session, new: Sequence[New], evidence: str, now: datetime) -> None:
    """Write into the log that leads want no mail of the kind: of marketing, where they complain."""
    told = [
        consent.Told(
            lead_id=one.message.lead_id,
            given=False,
            evidence=evidence,
            happened_at=one.told.happened_at,
            by=ACTOR,
            purpose=_purpose(one),
            reference=one.message.id,
        )
        for one in new
    ]
    consent.write(session, told, now)
    if told:
        record_soon(session, [consent.entry_of(one) for one in told])


def _purpose(new: New) -> Purpose:
    return "service" if new.told.by_reply and new.message.purpose == "service" else "marketing"


def _tell(session: Session, new: Sequence[New], now: datetime) -> None:
    """Events of the leads, by which rules, campaigns and scores go."""
    if not new:
        return
    ids = sorted({one.message.lead_id for one in new})
    stands = dict(
        session.execute(
            select(Lead.id, func.coalesce(Lead.merged_into, Lead.id)).where(
                Lead.id == any_(literal(ids, ARRAY(Text)))
            )
        )
        .tuples()
        .all()
    )
    events = [
        (stands[one.message.lead_id], _event(one)) for one in new if one.message.lead_id in stands
    ]
    store_events(session, events, now)


def _event(new: New) -> EventIn:
    message, told = new.message, new.told
    payload: dict[str, object] = {
        "campaign": message.campaign,
        "step": message.step,
        "mail": message.id,
    }
    if told.link is not None:
        payload["link"] = told.link
    if told.bounce_class is not None:
        payload["class"] = told.bounce_class
    own = ":".join(
        map(str, (message.id, told.kind, told.link or 0, int(told.happened_at.timestamp())))
    )
    return EventIn(
        type=_EVENTS[told.kind],
        occurred_at=told.happened_at,
        external_id=own,
        source="leadflow",
        payload=payload,
    )
