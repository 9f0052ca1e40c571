"""A paused campaign goes on: what has become late meanwhile, and what becomes of that."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, func, literal, select, update
from sqlalchemy.orm import Session

from features.how_many import of_number
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.planning.late import Answer, answered, asks, cancel_late
from leadflow.campaigns.planning.sweep import plan
from leadflow.campaigns.store import service
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.tables import CampaignMessage, CampaignPassed, CampaignState, Enrolment
from leadflow.consent.may_send import STRICT, Policy, permitted


class AnswerNeeded(ValueError):
    """The campaign asks a person what becomes of messages that are late."""

    def __init__(self, name: str, late: int) -> None:
        super().__init__(
            f"{late:,} of its messages {of_number(late, 'is', 'are')} late, and {name} asks what "
            "becomes of what is late. Say "
            f"`--late send` or `--late skip`: leadflow campaigns resume {name} --late send"
        )


@dataclass(frozen=True)
class Waiting:
    """What would go out at once, by step, and what would be skipped because it is too late."""

    sent: Mapping[str, int]
    skipped: Mapping[str, int]


def asks_of_late(session: Session, name: str) -> bool:
    """Whether a version that leads come into, or are in, asks what becomes of late messages."""
    return any(asks(program) for program, _ in _in_use(session, name, None))


def look(
    session: Session, name: str, now: datetime, answer: Answer, policy: Policy = STRICT
) -> Waiting:
    """What would become of everything that has come due meanwhile, found by doing it and taking it
    back. Whoever may not be written to now gets nothing either way, and is not counted.

    Raises:
        NoCampaign, CampaignNotSo: it is not paused.
    """
    _paused(session, name)
    with session.begin_nested() as tried:
        skipped: Counter[str] = Counter()
        before = _skipped(session, name)
        in_use = _in_use(session, name, answer)
        _without_refused(session, in_use, now, policy)
        for program, version in in_use:
            skipped.update(cancel_late(session, program, version, now))
            while plan(session, name, version, now, policy, answer=answer).looked_at:
                pass
        sent = _planned(session, name)
        skipped += _skipped(session, name) - before
        tried.rollback()
    return Waiting(dict(sorted(sent.items())), dict(sorted(skipped.items())))


def late_messages(
    session: Session, name: str, now: datetime, policy: Policy = STRICT
) -> Mapping[str, int]:
    """How many messages are late, by step, where the campaign asks what becomes of them and this
    has not been said; none where it does not ask.

    Raises:
        NoCampaign, CampaignNotSo: it is not paused.
    """
    _paused(session, name)
    return look(session, name, now, "skip", policy).skipped if asks_of_late(session, name) else {}


def resume(
    session: Session,
    name: str,
    by: str,
    now: datetime,
    answer: Answer | None = None,
    policy: Policy = STRICT,
) -> None:
    """Have it go on. Messages that are late go by what the campaign says of that: where it asks
    (``late: ask``), by the answer.

    Raises:
        NoCampaign, CampaignNotSo: it is not paused.
        AnswerNeeded: something is late, it asks, and there is no answer.
    """
    _paused(session, name)
    if answer is None and (late := late_messages(session, name, now, policy)):
        raise AnswerNeeded(name, sum(late.values()))
    for program, version in _in_use(session, name, answer):
        cancel_late(session, program, version, now)
    service.resume(session, name, by, now, answer)


def _paused(session: Session, name: str) -> None:
    service.take_turns(session)
    stored = service.read_campaign(session, name)
    if stored.state != "paused":
        raise service.CampaignNotSo(f"{name} is {stored.state}, not paused.")


def _in_use(session: Session, name: str, answer: Answer | None) -> list[tuple[Program, int]]:
    """The versions that leads come into, or that some are in."""
    live = select(CampaignState.live_version).where(CampaignState.name == name)
    open_ = select(Enrolment.version).where(
        Enrolment.campaign == name, Enrolment.ended_at.is_(None)
    )
    versions = sorted({*session.scalars(live), *session.scalars(open_.distinct())} - {None})
    found = programs(session, [(name, one) for one in versions if one is not None])
    return [
        (program if answer is None else answered(program, answer), version)
        for (_, version), program in sorted(found.items(), key=lambda one: one[0][1])
    ]


def _without_refused(
    session: Session, in_use: Sequence[tuple[Program, int]], now: datetime, policy: Policy
) -> None:
    """Leave out, as long as it is looked, whoever may not be written to."""
    for program, version in in_use:
        mine = Enrolment.campaign == program.name, Enrolment.version == version
        allowed = permitted(
            Enrolment.lead_id, literal(program.campaign.purpose), "email", now, policy
        )
        out = select(Enrolment.id).where(*mine, Enrolment.ended_at.is_(None), ~allowed)
        ids = list(session.scalars(out))
        these = Enrolment.id == any_(literal(ids, ARRAY(Text)))
        session.execute(update(Enrolment).where(these).values(ended_at=now, ended_as="looked_at"))
        of_them = CampaignMessage.enrolment_id == any_(literal(ids, ARRAY(Text)))
        session.execute(service.nothing_more(of_them))


def _planned(session: Session, name: str) -> Counter[str]:
    these = (
        select(CampaignMessage.step, func.count())
        .where(CampaignMessage.campaign == name, CampaignMessage.status == "planned")
        .group_by(CampaignMessage.step)
    )
    return Counter(dict(session.execute(these).tuples().all()))


def _skipped(session: Session, name: str) -> Counter[str]:
    these = (
        select(CampaignPassed.step, func.sum(CampaignPassed.passed))
        .where(CampaignPassed.campaign == name, CampaignPassed.way == "skipped")
        .group_by(CampaignPassed.step)
    )
    return Counter({step: int(count) for step, count in session.execute(these)})
