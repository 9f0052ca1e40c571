"""Opens and clicks by the domain of whoever was written to, of people and of machines: a company
whose scanner follows every link shows by it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, any_, case, distinct, func, literal, select
from sqlalchemy.orm import Session

from leadflow.campaigns.feedback.figures import BY_MACHINE, figure_of
from leadflow.campaigns.feedback.noted import Message, New
from leadflow.campaigns.feedback.tables import MAIL_DOMAIN, DomainFigure, MessageEvent
from leadflow.campaigns.tables import CampaignMessage
from leadflow.database.copying import run
from leadflow.leads.derive import normalise_email
from leadflow.leads.tables import Lead
from leadflow.privacy.cipher_in_use import get_cipher

LEADS = "leads"
SEEN = ("opened", "clicked")
ENOUGH = 5
"""A domain of fewer leads is not told by its name: one of a single person is that person."""
MOST = 50
"""So many domains are told by their names; those of most leads."""
OTHERS = ""
COUNT = """
INSERT INTO domain_figures AS f (campaign, domain_index, figure, messages)
SELECT * FROM unnest(%(campaigns)s::text[], %(indexes)s::text[], %(figures)s::text[],
    %(messages)s::bigint[])
ON CONFLICT (campaign, domain_index, figure)
DO UPDATE SET messages = f.messages + excluded.messages
"""
NAME = """
UPDATE domain_figures AS f SET domain = t.domain
FROM unnest(%(campaigns)s::text[], %(indexes)s::text[], %(domains)s::bytea[])
    AS t (campaign, domain_index, domain)
WHERE f.campaign = t.campaign AND f.domain_index = t.domain_index AND f.figure = %(leads)s
    AND f.messages >= %(enough)s AND f.domain IS NULL
"""


@dataclass(frozen=True)
class ByDomain:
    """How many messages to a domain were opened and followed, by people and by machines, and to how
    many leads; ``domain`` is None of all those together that are not told by their names."""

    domain: str | None
    leads: int
    opened: int
    opened_by_machine: int
    clicked: int
    clicked_by_machine: int

    @property
    def by_machine(self) -> float:
        """Which share of what was opened and followed machines have: 0 to 1."""
        machines = self.opened_by_machine + self.clicked_by_machine
        return machines / ((machines + self.opened + self.clicked) or 1)


def count(session: Session, new: Sequence[New]) -> None:
    """Count what is opened or followed for the first time by the domains that it was sent to. What
    is new must not be written yet. A lead that has another address by now is not counted: nobody
    knows the domain of the one before."""
    firsts = [one for one in new if one.first and one.told.kind in SEEN]
    if not firsts:
        return
    found: Counter[tuple[str, str, str]] = Counter()
    sent_to = _sent_to(session, [one.message for one in firsts])
    for one in firsts:
        if (domain := sent_to.domains.get(one.message.id)) is not None:
            found[one.message.campaign, domain, figure_of(one)] += 1
            if (one.message.lead_id, one.message.campaign) not in sent_to.seen:
                sent_to.seen.add((one.message.lead_id, one.message.campaign))
                found[one.message.campaign, domain, LEADS] += 1
    _write(session, found)


def _write(session: Session, found: Counter[tuple[str, str, str]]) -> None:
    cipher = get_cipher()
    # In one order, so that two who count the same wait for each other and never cross.
    rows = sorted(
        (campaign, cipher.blind_index(domain, MAIL_DOMAIN), figure, messages, domain)
        for (campaign, domain, figure), messages in found.items()
    )
    if rows:
        values = {
            "campaigns": [row[0] for row in rows],
            "indexes": [row[1] for row in rows],
            "figures": [row[2] for row in rows],
            "messages": [row[3] for row in rows],
        }
        run(session, COUNT, values)
    if more := [row for row in rows if row[2] == LEADS]:
        named = {
            "campaigns": [row[0] for row in more],
            "indexes": [row[1] for row in more],
            "domains": [cipher.encrypt(row[4], MAIL_DOMAIN) for row in more],
        }
        run(session, NAME, named | {"leads": LEADS, "enough": ENOUGH})


@dataclass(frozen=True)
class _SentTo:
    """The domains of messages by their ids, and which leads have been seen to do something in which
    campaigns."""

    domains: dict[str, str]
    seen: set[tuple[str, str]]


def _sent_to(session: Session, messages: Sequence[Message]) -> _SentTo:
    ids = sorted({one.lead_id for one in messages})
    seen_in = (
        select(func.array_agg(distinct(CampaignMessage.campaign)))
        .join(MessageEvent, MessageEvent.message_id == CampaignMessage.id)
        .where(CampaignMessage.lead_id == Lead.id, MessageEvent.kind.in_(SEEN))
        .scalar_subquery()
    )
    asked = select(Lead.id, Lead.email, Lead.email_index, seen_in)
    asked = asked.where(Lead.id == any_(literal(ids, ARRAY(Text))))
    domains: dict[str, tuple[str, str | None]] = {}
    seen: set[tuple[str, str]] = set()
    for lead_id, email, index, campaigns in session.execute(asked).tuples():
        seen |= {(lead_id, campaign) for campaign in campaigns or ()}
        if email is not None:
            domains[lead_id] = normalise_email(email).rpartition("@")[2], index
    return _SentTo(
        {
            one.id: domain
            for one in messages
            for domain, index in filter(None, [domains.get(one.lead_id)])
            if one.address_index in (None, index)
        },
        seen,
    )


def by_domain(session: Session, campaign: str) -> list[ByDomain]:
    """The figures of a campaign by domains: those of most leads first, the others together last."""
    named = (
        select(DomainFigure.domain_index, DomainFigure.domain)
        .where(DomainFigure.campaign == campaign, DomainFigure.domain.is_not(None))
        .order_by(DomainFigure.messages.desc(), DomainFigure.domain_index)
        .limit(MOST)
    )
    names: dict[str, str | None] = dict(session.execute(named).tuples().all())
    known = DomainFigure.domain_index == any_(literal(list(names), ARRAY(Text)))
    which = case((known, DomainFigure.domain_index), else_=literal(OTHERS)).label("which")
    asked = (
        select(which, DomainFigure.figure, func.sum(DomainFigure.messages))
        .where(DomainFigure.campaign == campaign)
        .group_by(which, DomainFigure.figure)
    )
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for index, figure, messages in session.execute(asked).tuples():
        found[index][figure] = int(messages)
    return [
        ByDomain(
            names.get(index),
            found[index].get(LEADS, 0),
            *(found[index].get(f"{kind}{by}", 0) for kind in SEEN for by in ("", BY_MACHINE)),
        )
        for index in (*names, OTHERS)
        if index in found
    ]
