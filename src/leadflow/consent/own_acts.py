"""What somebody says by a link in a mail: no to its kind, or what they choose on the page.

No lock of the lead is asked for: whoever imports or scores meanwhile holds nobody up who says no.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.audit.queue import record_soon
from leadflow.consent.evidence import OWN_ACT, Purpose
from leadflow.consent.from_events import UNSUBSCRIBE
from leadflow.consent.links import Link
from leadflow.consent.log import Told, entry_of, standings, write
from leadflow.consent.standing import ConsentStanding
from leadflow.consent.suppressing import is_suppressed, let_go, put_down
from leadflow.leads.events.recording import EventIn, record_events
from leadflow.leads.tables import Lead

CHOSEN: tuple[Purpose, ...] = ("marketing", "service")


def choices(session: Session, link: Link, at: datetime) -> dict[Purpose, bool] | None:
    """Of each purpose that people choose about, whether they get mail now; None where the lead is
    no longer known."""
    lead = session.get(Lead, link.lead_id)
    if lead is None:
        return None
    says = standings(session, [_stands_for(lead)], at)[_stands_for(lead)]
    return {purpose: _gets(purpose, says[purpose]) for purpose in CHOSEN}


def has_said_no(session: Session, link: Link, at: datetime) -> bool:
    """Whether whoever got this mail has said no to its kind before; what the law has us send has no
    such."""
    if link.purpose == "legal":
        return False
    lead = session.get(Lead, link.lead_id)
    if lead is not None:
        says = standings(session, [_stands_for(lead)], at)[_stands_for(lead)]
        if says[link.purpose].says == "withdrawn":
            return True
    return link.purpose == "marketing" and is_suppressed(session, link.address, "opted_out")


def unsubscribe(session: Session, link: Link, now: datetime) -> None:
    """No more mail of this kind; said twice, it changes nothing. It counts for the mailbox that the
    mail went to, also where its lead has another address by now, or is gone."""
    _say(session, link, {link.purpose: False}, "unsubscribe_link", now)


def choose(session: Session, link: Link, wants: Mapping[Purpose, bool], now: datetime) -> None:
    """Mail of these kinds, or none; what is so already stays."""
    _say(session, link, wants, "preference_page", now)


def _say(
    session: Session, link: Link, wants: Mapping[Purpose, bool], evidence: str, now: datetime
) -> None:
    _of_the_mailbox(session, link, wants, now)
    lead = session.get(Lead, link.lead_id)
    if lead is None:
        return
    says = standings(session, [_stands_for(lead)], now)[_stands_for(lead)]
    told = [
        Told(
            lead_id=lead.id,
            given=wanted,
            evidence=evidence,
            happened_at=now,
            by=lead.id,
            purpose=purpose,
            basis="consent" if wanted else None,
            reference=link.key,
        )
        for purpose, wanted in wants.items()
        if not _is_so(purpose, wanted, says[purpose])
    ]
    write(session, told, now)
    if any(one.purpose == "marketing" and not one.given for one in told):
        event = EventIn(type=UNSUBSCRIBE, source="leadflow", payload={"mail": link.key})
        record_events(session, [(_stands_for(lead), event)], now)
    if told:
        record_soon(session, [entry_of(one) for one in told])


def _of_the_mailbox(
    session: Session, link: Link, wants: Mapping[Purpose, bool], now: datetime
) -> None:
    """Suppress the address that the mail went to, or let it go again."""
    if not link.address or "marketing" not in wants:
        return
    since = {link.address: now}
    if wants["marketing"]:
        let_go(session, since, "opted_out")
    else:
        put_down(session, since, "opted_out", link.lead_id)


def _stands_for(lead: Lead) -> str:
    return lead.merged_into or lead.id


def _gets(purpose: Purpose, says: ConsentStanding) -> bool:
    return says.says == "given" or (purpose == "service" and says.says == "unknown")


def _is_so(purpose: Purpose, wanted: bool, says: ConsentStanding) -> bool:
    """Whether nothing new is said: as much is known by evidence that is as good."""
    if wanted:
        return _gets(purpose, says)
    return purpose == "legal" or (says.says == "withdrawn" and says.strength >= OWN_ACT)
