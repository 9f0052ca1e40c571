"""Who may be written to: one condition, for one lead, for many, and for the statement that claims a
message.

A statement sees what was committed before it began: a no that is committed is never passed by a
claim that begins after it, also where the clock of whoever heard it runs ahead: a no counts
whatever its moment. A claim must not wait for rows and then go by what it saw before: it skips rows
that others hold (``FOR UPDATE SKIP LOCKED``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar, cast

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    SQLColumnExpression,
    Text,
    and_,
    any_,
    bindparam,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import QueryableAttribute, Session, aliased

from leadflow.consent.evidence import PURPOSES, Channel, Purpose
from leadflow.consent.refusals import STOPS, Refusal
from leadflow.consent.tables import ConsentEvent, Suppression
from leadflow.leads.tables import Lead

T = TypeVar("T")


@dataclass(frozen=True)
class Policy:
    """In which countries marketing needs nothing in the log, as ISO 3166 writes them: none, unless
    said."""

    without_consent: frozenset[str] = frozenset()

    @staticmethod
    def of(countries: str) -> "Policy":
        """From the setting ``marketing_without_consent``: codes with commas between."""
        return Policy(frozenset(code.strip() for code in countries.split(",") if code.strip()))


STRICT = Policy()
_AT = bindparam("at", type_=DateTime(timezone=True))


def may_send(
    session: Session,
    lead_ids: Sequence[str],
    purpose: Purpose,
    channel: Channel,
    at: datetime,
    policy: Policy = STRICT,
) -> dict[str, Refusal | None]:
    """Of each lead, why it is not written to; None where it may be. A yes counts that was said by
    then. One statement for all."""
    asked = _asked(purpose, channel, policy)
    found = dict(session.execute(asked, {"ids": list(lead_ids), "at": at}).tuples().all())
    return {one: _in_words(found.get(one, "no_lead")) for one in lead_ids}


def may_send_for_each(
    session: Session, lead_id: str, channel: Channel, at: datetime, policy: Policy = STRICT
) -> dict[Purpose, Refusal | None]:
    """The same of one lead for every purpose there is."""
    asked = _asked_for_each(channel, policy)
    found = dict(session.execute(asked, {"id": lead_id, "at": at}).tuples().all())
    return {purpose: _in_words(found.get(purpose, "no_lead")) for purpose in PURPOSES}


# To put such a statement together takes longer than PostgreSQL takes to answer it for one lead.
@lru_cache(maxsize=64)
def _asked(purpose: Purpose, channel: Channel, policy: Policy) -> Select[tuple[str, str | None]]:
    these = Lead.id == any_(bindparam("ids", type_=ARRAY(Text)))
    return select(Lead.id, refusal(Lead, purpose, channel, _AT, policy)).where(these)


@lru_cache(maxsize=64)
def _asked_for_each(channel: Channel, policy: Policy) -> Select[tuple[Purpose, str | None]]:
    purposes = (
        func.unnest(literal(list(PURPOSES), ARRAY(Text))).table_valued("purpose").render_derived()
    )
    purpose = cast("ColumnElement[Purpose]", purposes.c.purpose)
    asked = select(purpose, refusal(Lead, purpose, channel, _AT, policy))
    both = asked.select_from(Lead).join(purposes, true())
    return both.where(Lead.id == bindparam("id", type_=Text()))


def permitted(
    lead_id: SQLColumnExpression[str],
    purpose: Purpose | SQLColumnExpression[str],
    channel: Channel,
    at: datetime | SQLColumnExpression[datetime],
    policy: Policy = STRICT,
) -> ColumnElement[bool]:
    """The condition that the lead of this id may be written to, for a statement of any table that
    has such an id; ``purpose`` may be a column of it too. Stands in the statement that claims."""
    lead = aliased(Lead)
    free = select(refusal(lead, purpose, channel, at, policy).is_(None)).where(lead.id == lead_id)
    # A value and not an EXISTS, which PostgreSQL may work out for every lead there is: so it is
    # worked out row by row, and of a claim that takes 500 only for those.
    return func.coalesce(free.correlate_except(lead).scalar_subquery(), False)


def refusal(
    lead: type[Lead],
    purpose: Purpose | SQLColumnExpression[str],
    channel: Channel,
    at: datetime | SQLColumnExpression[datetime],
    policy: Policy = STRICT,
) -> ColumnElement[str | None]:
    """The name of why this lead (the table, or an alias of it) is not written to; NULL where it may
    be."""
    wanted, moment = _sql(purpose), _sql(at)
    says = _says(lead, wanted, channel, moment, None)
    free = lead.country.in_(sorted(policy.without_consent))
    needs = and_(wanted == "marketing", ~func.coalesce(free, False))
    return case(
        (lead.merged_into.is_not(None), "merged"),
        (lead.email_index.is_(None), "no_address"),
        else_=func.coalesce(
            _suppressed(lead, wanted, channel),
            case(
                (wanted == "legal", null()),
                else_=case(
                    {"withdrawn": "opted_out", "unknown": case((needs, "no_consent"))},
                    value=says,
                ),
            ),
        ),
    )


def standing_of(
    lead: type[Lead],
    purpose: Purpose | SQLColumnExpression[str],
    channel: Channel,
    at: datetime | SQLColumnExpression[datetime],
) -> ColumnElement[str]:
    """What ``standing`` says for this lead and those merged into it, as SQL: given, withdrawn or
    unknown."""
    return _says(lead, _sql(purpose), channel, _sql(at), _sql(at))


def _says(
    lead: type[Lead],
    purpose: ColumnElement[str],
    channel: Channel,
    yes_until: ColumnElement[datetime],
    no_until: ColumnElement[datetime] | None,
) -> ColumnElement[str]:
    of_lead = told_of(lead)
    no, yes, later = aliased(ConsentEvent), aliased(ConsentEvent), aliased(ConsentEvent)

    def said(event: type[ConsentEvent], given: bool) -> ColumnElement[bool]:
        until = yes_until if given else no_until
        return and_(
            event.lead_id == any_(of_lead),
            event.channel == channel,
            event.purpose == purpose,
            event.given.is_(given),
            true() if until is None else event.happened_at <= until,
        )

    undone = (
        select(1)
        .where(said(later, True), later.happened_at > no.happened_at)
        .where(later.strength >= no.strength)
        .correlate_except(later)
    )
    refused = select(1).where(said(no, False), ~exists(undone)).correlate_except(no)
    agreed = select(1).where(said(yes, True)).correlate_except(yes)
    return case((exists(refused), "withdrawn"), (exists(agreed), "given"), else_="unknown")


def told_of(lead: type[Lead]) -> ColumnElement[Sequence[str]]:
    """The ids that this lead's consent is kept under: its own, and those of leads merged into it
    for as long as they are."""
    other = aliased(Lead)
    own = select(lead.id).correlate(lead)
    under = select(other.id).where(other.merged_into == lead.id).correlate(lead)
    return func.array(union_all(own, under).scalar_subquery())


def _suppressed(
    lead: type[Lead], purpose: ColumnElement[str], channel: Channel
) -> ColumnElement[str | None]:
    kept = aliased(Suppression)
    stops = [and_(kept.reason == reason, purpose.in_(those)) for reason, those in STOPS.items()]
    first = func.array_position(literal(list(STOPS), ARRAY(Text)), kept.reason)
    these = kept.address_index == lead.email_index, kept.channel == channel, or_(*stops)
    found = select(kept.reason).where(*these).order_by(first).limit(1)
    return found.correlate_except(kept).scalar_subquery()


def _sql(value: "T | SQLColumnExpression[T]") -> ColumnElement[T]:
    if isinstance(value, QueryableAttribute):
        column: ColumnElement[T] = value.expression
        return column
    return value if isinstance(value, ColumnElement) else literal(value)


def _in_words(name: str | None) -> Refusal | None:
    return None if name is None else Refusal(name)
