"""Writing to the log of consent, many at a time, and reading it.

A person's own no to marketing also suppresses the address, so that it holds for whoever comes with
it once the lead is gone; a later yes that is as strong takes that back.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, Text, any_, func, insert, literal, select
from sqlalchemy.orm import Session, aliased

from leadflow.audit.entries import Entry
from leadflow.consent.evidence import (
    EVIDENCE,
    OWN_ACT,
    PURPOSES,
    Basis,
    Channel,
    ConsentInvalid,
    Purpose,
    check_basis,
    check_reference,
    strength_of,
)
from leadflow.consent.standing import ConsentStanding, standing
from leadflow.consent.suppressing import let_go, put_down
from leadflow.consent.tables import ConsentEvent
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import Key, Page, Wanted, read_page


@dataclass(frozen=True)
class Told:
    """A lead said yes or no, how that is known, and who told it. ``basis`` is of a yes alone;
    ``reference`` is an id of what proves it."""

    lead_id: str
    given: bool
    evidence: str
    happened_at: datetime
    by: str
    purpose: Purpose = "marketing"
    channel: Channel = "email"
    basis: Basis | None = None
    source: str = "leadflow"
    reference: str | None = None

    @property
    def strength(self) -> int:
        """Of its evidence."""
        return strength_of(self.evidence, self.given)


def check(told: Told) -> None:
    """See that it can be written as what somebody of us says.

    Raises:
        ConsentInvalid: it cannot; says what to send.
    """
    strength_of(told.evidence, told.given)
    if not EVIDENCE[told.evidence].told:
        raise ConsentInvalid(
            f"{told.evidence} is only what Leadflow has seen itself. Send told_us, or unsubscribe "
            "for what another system took."
        )
    check_basis(told.purpose, told.given, told.basis)
    check_reference(told.reference)


def write(session: Session, told: Sequence[Told], now: datetime) -> None:
    """Append what ``check`` lets pass, of leads that exist, in one statement; and suppress the
    addresses of who said no to marketing by their own act, or let them go."""
    if not told:
        return
    session.execute(insert(ConsentEvent), [_row(one, now) for one in told])
    firm = [one for one in told if one.purpose == "marketing" and one.strength >= OWN_ACT]
    if firm:
        _keep_addresses(session, firm, now)


def entry_of(told: Told) -> Entry:
    """What the audit log says of it."""
    detail = {"purpose": told.purpose, "channel": told.channel, "evidence": told.evidence}
    action = "consent.given" if told.given else "consent.withdrawn"
    return Entry(told.by, action, told.lead_id, detail)


def page_of_log(session: Session, lead_id: str, wanted: Wanted) -> Page[ConsentEvent]:
    """A page of what was said of a lead and of those merged into it, the newest first."""
    these = select(ConsentEvent).where(_of_group([lead_id]))
    keys = Key(ConsentEvent.happened_at, descending=True), Key(ConsentEvent.id, descending=True)
    return read_page(session, these, keys, ("consent", lead_id), wanted)


def standings(
    session: Session,
    lead_ids: Collection[str],
    at: datetime,
    channel: Channel = "email",
    known_by: datetime | None = None,
) -> dict[str, dict[Purpose, ConsentStanding]]:
    """What counts of each lead at a moment, by purpose; ``known_by``: of what was in the log by
    then alone."""
    group = func.coalesce(Lead.merged_into, Lead.id)
    asked = select(group, ConsentEvent).join(Lead, Lead.id == ConsentEvent.lead_id)
    these = asked.where(_of_group(lead_ids), ConsentEvent.channel == channel)
    if known_by is not None:
        these = these.where(ConsentEvent.recorded_at <= known_by)
    said: defaultdict[tuple[str, str], list[ConsentEvent]] = defaultdict(list)
    for lead_id, event in session.execute(these).tuples():
        said[lead_id, event.purpose].append(event)
    return {
        one: {purpose: standing(said[one, purpose], at) for purpose in PURPOSES} for one in lead_ids
    }


def _of_group(lead_ids: Collection[str]) -> ColumnElement[bool]:
    named = any_(literal(list(lead_ids), ARRAY(Text)))
    under = select(Lead.id).where((Lead.id == named) | (Lead.merged_into == named))
    return ConsentEvent.lead_id.in_(under)


def _row(told: Told, now: datetime) -> dict[str, object]:
    return {
        "lead_id": told.lead_id,
        "purpose": told.purpose,
        "channel": told.channel,
        "given": told.given,
        "lawful_basis": told.basis,
        "source": told.source,
        "evidence": told.evidence,
        "strength": told.strength,
        "reference": told.reference,
        "happened_at": told.happened_at,
        "recorded_at": now,
        "recorded_by": told.by,
    }


def _keep_addresses(session: Session, firm: Sequence[Told], now: datetime) -> None:
    """Suppress the addresses of who has said no by their own act and whose no counts; let go those
    of who has said yes by one, and whose yes counts. What is told of a lead that was merged is of
    its own address, where it has kept one."""
    own, stands = aliased(Lead), aliased(Lead)
    asked = (
        select(own.id, stands.id, func.coalesce(own.email_index, stands.email_index))
        .join(stands, stands.id == func.coalesce(own.merged_into, own.id))
        .where(own.id == any_(literal(sorted({one.lead_id for one in firm}), ARRAY(Text))))
    )
    where = {own_id: (stands_id, index) for own_id, stands_id, index in session.execute(asked)}
    says = standings(session, {stands_id for stands_id, _ in where.values()}, now)
    no: dict[str, datetime] = {}
    yes: dict[str, datetime] = {}
    for one in firm:
        stands_id, index = where[one.lead_id]
        found = says[stands_id]["marketing"]
        if index is None or found.since is None:
            continue
        if found.says == "withdrawn" and found.strength >= OWN_ACT:
            no[index] = found.since
        elif found.says == "given" and one.given:
            yes[index] = max(yes.get(index, one.happened_at), one.happened_at)
    put_down(session, no, "opted_out", firm[0].by)
    let_go(session, yes, "opted_out")
