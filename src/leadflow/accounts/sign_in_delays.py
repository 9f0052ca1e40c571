"""Delays after wrong passwords: for those who guess, and not for the person they guess about.

Failures are counted three times: of one person from one source (an address in the network), of one
person from everywhere, and of one source whomever it tries. The first holds up whoever guesses. The
others (the second for a minute at most) hold up only where the person has not signed in before, so
that nobody locks anybody else out, not even a colleague behind the same address. A name that nobody
has is counted as a person is, so that no answer tells whether there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import case, delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.accounts.tables import Person, PersonSession, SignInFailures
from leadflow.outbox.service import enqueue
from leadflow.privacy.cipher_in_use import get_cipher

NOTIFY = "notify_of_guesses"
# A failure after so long a pause is a first one again.
FORGOTTEN = timedelta(hours=24)
# A source counts as a person's for so long after they signed in from it.
FAMILIAR = timedelta(days=90)
TOLD_FROM = 5


@dataclass(frozen=True)
class Delay:
    """``free`` failures cost nothing; the next ``first``, and each further one twice as long, up to
    ``longest``."""

    free: int
    first: timedelta
    longest: timedelta

    def after(self, failures: int) -> timedelta | None:
        """The delay after so many failures in a row."""
        if failures < self.free:
            return None
        # Beyond forty doublings the longest has been reached in any case.
        doubled: int = 2 ** min(failures - self.free, 40)
        return min(self.longest, self.first * doubled)


PERSON_AND_SOURCE = Delay(5, timedelta(seconds=30), timedelta(hours=1))
PERSON = Delay(20, timedelta(seconds=1), timedelta(minutes=1))
SOURCE = Delay(30, timedelta(seconds=30), timedelta(minutes=15))


@dataclass(frozen=True)
class Attempt:
    """Who is tried, from where; all three as keyed hashes."""

    person: Person | None
    by_person: str
    by_source: str
    by_both: str

    def counted(self) -> Sequence[tuple[str, Delay]]:
        """What is counted, each with its delay."""
        return (
            (self.by_both, PERSON_AND_SOURCE),
            (self.by_person, PERSON),
            (self.by_source, SOURCE),
        )


def attempt_of(person: Person | None, login: str, source: str) -> Attempt:
    """An attempt to sign in as somebody. ``source``: an address in the network, or any word."""
    subject = login.strip().lower() if person is None else person.id
    where = _network(source)
    index = get_cipher().blind_index
    return Attempt(
        person,
        index(subject, "sign_in_person"),
        index(where, "sign_in_source"),
        index(f"{subject} {where}", "sign_in_both"),
    )


def still_waits(session: Session, attempt: Attempt, now: datetime) -> timedelta | None:
    """How long this attempt has to wait yet. Its counts are held until the transaction ends, so
    that guesses that come together are counted one after another."""
    counts = select(SignInFailures).where(
        SignInFailures.counted.in_([name for name, _ in attempt.counted()])
    )
    found = session.scalars(counts.order_by(SignInFailures.counted).with_for_update()).all()
    waits = {row.counted: row.locked_until for row in found if row.locked_until is not None}
    if waits and _is_familiar(session, attempt, now):
        waits = {name: until for name, until in waits.items() if name == attempt.by_both}
    longest = max(waits.values(), default=now)
    return longest - now if longest > now else None


def count_failure(session: Session, attempt: Attempt, now: datetime) -> int:
    """Count a wrong password, and tell the person of it where there were several; how many it is in
    a row for this person."""
    failures = 0
    for name, delay in sorted(attempt.counted(), key=lambda one: one[0]):
        row = _count(session, name, attempt, now)
        wait = delay.after(row.failures)
        row.locked_until = None if wait is None else now + wait
        if name == attempt.by_person:
            failures = row.failures
    person = attempt.person
    if person is not None and person.active and failures >= TOLD_FROM:
        payload = {"person_id": person.id, "day": f"{now:%Y-%m-%d}"}
        # Once a day, however many there are.
        enqueue(session, NOTIFY, f"guesses:{person.id}:{now:%Y-%m-%d}", payload)
    return failures


def forget_failures(session: Session, attempt: Attempt) -> None:
    """The person has signed in: what was counted of them from there, and of them, is over."""
    gone = (attempt.by_person, attempt.by_both)
    session.execute(delete(SignInFailures).where(SignInFailures.counted.in_(gone)))


def unlock(session: Session, person_id: str) -> None:
    """Whatever was counted of a person is over, from everywhere."""
    session.execute(delete(SignInFailures).where(SignInFailures.person_id == person_id))


def _count(session: Session, name: str, attempt: Attempt, now: datetime) -> SignInFailures:
    of_person = name != attempt.by_source and attempt.person is not None
    row = {
        "counted": name,
        "person_id": attempt.person.id if of_person and attempt.person else None,
        "failures": 1,
        "last_at": now,
    }
    again = SignInFailures.last_at < now - FORGOTTEN
    counted = insert(SignInFailures).values(row)
    counted = counted.on_conflict_do_update(
        index_elements=["counted"],
        set_={"failures": case((again, 1), else_=SignInFailures.failures + 1), "last_at": now},
    )
    session.execute(counted)
    return session.get_one(SignInFailures, name, populate_existing=True)


def _is_familiar(session: Session, attempt: Attempt, now: datetime) -> bool:
    if attempt.person is None:
        return False
    before = exists().where(
        PersonSession.person_id == attempt.person.id,
        PersonSession.source_index == attempt.by_source,
        PersonSession.created_at > now - FAMILIAR,
    )
    return bool(session.scalar(select(before)))


def _network(source: str) -> str:
    """The address; of IPv6 the network, for whoever has one has all its addresses."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)
