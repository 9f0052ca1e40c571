"""Rule sets in the store: adding one, switching one on, reading them; which rule fits a lead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, case, func, literal, select, text, update
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.conditions.evaluation import holds
from leadflow.conditions.problems import RuleSetInvalid
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import Key, Page, Wanted, read_page
from leadflow.rules.compiling import compiled
from leadflow.rules.field_catalogue import is_at_hand, known_names
from leadflow.rules.reading import fields_asked, read_rules, stored, written_out
from leadflow.rules.rule_kinds import kind_of
from leadflow.rules.schemas import Rule, RuleSet
from leadflow.rules.sources import lead_source, values_of
from leadflow.rules.tables import RuleSetRow, RuleSwitch

__all__ = [
    "NoRules",
    "StoredRules",
    "activate",
    "active_rules",
    "check_rules",
    "fields_asked",
    "first_match",
    "known_names",
    "lead_source",
    "matches",
    "matching",
    "read_rules",
    "read_version",
    "reads_store",
    "store_rules",
    "values_of",
    "versions",
]
RULES_LOCK = 7_240_009


class NoRules(LookupError):
    """No such version of the rules of a kind is stored, or none is active (``version`` None)."""

    def __init__(self, kind: str, version: int | None) -> None:
        which = "No rules are stored" if version is None else f"There is no version {version}"
        super().__init__(
            f"{which} for {kind}. See what there is: leadflow rules list --kind {kind}"
        )


@dataclass(frozen=True)
class StoredRules:
    """A version of the rules of a kind, and who stored it when."""

    kind: str
    version: int
    rules: RuleSet
    note: str | None
    created_by: str
    created_at: datetime
    active: bool


def check_rules(session: Session, kind: str, rules: RuleSet) -> None:
    """Have the room that uses rules of this kind look at them, as before they are stored.

    Raises:
        UnknownRuleKind: no room uses rules of this kind.
        RuleSetInvalid: they name what is not there, or can never come to an end.
    """
    declared = kind_of(kind)
    if declared.check is not None and (problems := declared.check(session, rules)):
        raise RuleSetInvalid(problems)


def store_rules(
    session: Session, kind: str, rules: RuleSet, by: str, note: str | None, activate: bool
) -> int:
    """Add a version of a kind's rules; returns its number.

    What is active already, or is the newest version, is not stored again; ``activate`` then
    switches that one on.

    Raises:
        UnknownRuleKind: no room uses rules of this kind.
        RuleSetInvalid: they name what is not there.
    """
    check_rules(session, kind, rules)
    take_turns(session)
    newest, active = _newest(session, kind), _active(session, kind)
    for same in (active, newest):
        if same is not None and same.content_hash == rules.content_hash:
            if activate and not same.active:
                _switch(session, same, by)
            return same.version
    row = RuleSetRow(
        kind=kind,
        version=1 if newest is None else newest.version + 1,
        content=rules.content,
        content_hash=rules.content_hash,
        note=note,
        created_by=by,
        active=False,
    )
    session.add(row)
    session.flush()
    if activate:
        _mark_active(session, row, by)
    audit.record(
        session,
        by,
        "rules.stored",
        kind,
        {"version": row.version, "rules": len(rules.rules), "content_hash": row.content_hash},
        said=note,
        before=_in_use(active),
        after=_in_use(row if activate else active),
    )
    return row.version


def activate(session: Session, kind: str, version: int, by: str) -> None:
    """Switch a version on, and with it the one before off; an earlier one is gone back to so too.

    Raises:
        UnknownRuleKind: no room uses rules of this kind.
        NoRules: there is no such version.
        RuleSetInvalid: its actions are no longer understood.
    """
    take_turns(session)
    read_version(session, kind, version)
    row = _row(session, kind, version)
    if not row.active:
        _switch(session, row, by)


def active_version(session: Session, kind: str) -> int | None:
    """The number of the version that counts; None where none does."""
    row = _active(session, kind)
    return None if row is None else row.version


def active_rules(session: Session, kind: str) -> StoredRules | None:
    """The rules that count; None where none are active.

    Raises:
        UnknownRuleKind: no room uses rules of this kind.
        RuleSetInvalid: their actions are no longer understood.
    """
    kind_of(kind)
    row = _active(session, kind)
    return None if row is None else _read(session, row)


def read_version(session: Session, kind: str, version: int) -> StoredRules:
    """One version of a kind's rules.

    Raises:
        UnknownRuleKind: no room uses rules of this kind.
        NoRules: there is no such version.
        RuleSetInvalid: its actions are no longer understood.
    """
    kind_of(kind)
    return _read(session, _row(session, kind, version))


def versions(session: Session, kind: str) -> list[RuleSetRow]:
    """Every version of a kind's rules, newest first.

    Raises:
        UnknownRuleKind: no room uses rules of this kind.
    """
    statement = select(RuleSetRow).where(RuleSetRow.kind == kind)
    found = list(session.scalars(statement.order_by(RuleSetRow.version.desc())))
    # Whatever has versions is a kind: rooms need not be put together to look for it.
    if not found:
        kind_of(kind)
    return found


def page_of_versions(session: Session, kind: str, wanted: Wanted) -> Page[RuleSetRow]:
    """A page of the versions of a kind's rules, newest first.

    Raises:
        UnknownRuleKind: no room uses rules of this kind.
    """
    kind_of(kind)
    statement = select(RuleSetRow).where(RuleSetRow.kind == kind)
    keys = (Key(RuleSetRow.version, descending=True),)
    return read_page(session, statement, keys, ("rules", kind), wanted)


def reads_store(rules: RuleSet) -> bool:
    """Whether some rule goes by what only the store knows, such as the last event: it is read for
    such rules alone."""
    return not all(is_at_hand(name) for name in fields_asked(rules))


def first_match(rules: RuleSet, values: Mapping[str, Any], now: datetime) -> Rule | None:
    """The first rule that fits a lead with these values, as ``values_of`` reads them; None where
    no rule does, and ``rules.default`` counts."""
    fitting = (rule for rule in rules.in_order if holds(rule.conditions, values, now))
    return next(fitting, None)


def matching(rules: RuleSet, now: datetime) -> ColumnElement[str | None]:
    """The ``rule_id`` of the first rule that fits, NULL where none does: an SQL expression to be
    selected from ``lead_source(now)``."""
    fits = [
        (compiled(rule.conditions, now), literal(rule.rule_id, Text)) for rule in rules.in_order
    ]
    return case(*fits, else_=None) if fits else literal(None, Text)


def matches(session: Session, rules: RuleSet, now: datetime) -> dict[str | None, int]:
    """How many of all leads each rule would get, by ``rule_id``; None: those no rule fits."""
    fits = select(matching(rules, now).label("rule_id")).select_from(lead_source(now))
    one = fits.where(Lead.merged_into.is_(None)).subquery()
    counted = select(one.c.rule_id, func.count()).group_by(one.c.rule_id)
    return dict(session.execute(counted).tuples().all())


def take_turns(session: Session) -> None:
    """Have changes of rules take turns, until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": RULES_LOCK})


def _active(session: Session, kind: str) -> RuleSetRow | None:
    statement = select(RuleSetRow).where(RuleSetRow.kind == kind, RuleSetRow.active)
    return session.scalars(statement).first()


def _newest(session: Session, kind: str) -> RuleSetRow | None:
    return next(iter(versions(session, kind)), None)


def _row(session: Session, kind: str, version: int) -> RuleSetRow:
    found = session.scalars(
        select(RuleSetRow).where(RuleSetRow.kind == kind, RuleSetRow.version == version)
    ).first()
    if found is None:
        raise NoRules(kind, version)
    return found


def _switch(session: Session, row: RuleSetRow, by: str) -> None:
    before = _active(session, row.kind)
    _mark_active(session, row, by)
    audit.record(
        session,
        by,
        "rules.activated",
        row.kind,
        {"version": row.version},
        before=_in_use(before),
        after=_in_use(row),
    )


def _in_use(row: RuleSetRow | None) -> dict[str, int | None]:
    return {"version_in_use": None if row is None else row.version}


def _mark_active(session: Session, row: RuleSetRow, by: str) -> None:
    for is_active, which in ((False, RuleSetRow.active), (True, RuleSetRow.id == row.id)):
        statement = update(RuleSetRow).where(RuleSetRow.kind == row.kind, which)
        session.execute(statement.values(active=is_active))
    session.add(RuleSwitch(kind=row.kind, version=row.version, by=by))
    session.refresh(row)
    switched = kind_of(row.kind).switched
    if switched is not None:
        switched(session, _read(session, row).rules)


def _read(session: Session, row: RuleSetRow) -> StoredRules:
    return StoredRules(
        kind=row.kind,
        version=row.version,
        rules=written_out(session, stored(kind_of(row.kind), row.content)),
        note=row.note,
        created_by=row.created_by,
        created_at=row.created_at,
        active=row.active,
    )
