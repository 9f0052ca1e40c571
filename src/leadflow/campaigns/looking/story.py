"""Why a lead got a message, or did not: its whole way through the campaign up to it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.program import Node, Program
from leadflow.campaigns.definitions.step_words import event_words, plain_subject, what_it_does
from leadflow.campaigns.dispatch.listing import NoSuchMessage
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.tables import CampaignMessage, Enrolment
from leadflow.consent.log import page_of_log, standings
from leadflow.consent.standing import ConsentStanding
from leadflow.consent.tables import ConsentEvent
from leadflow.domain_events.tables import DomainEvent
from leadflow.paging.keyset import Wanted

MOST_SAID = 200
# Moments of a trail are whole seconds.
AT_ONCE = timedelta(seconds=2)
OUT, SKIPPED = "*", " (skipped)"
MOVED = re.compile(r"moved from version (\d+) to (\d+)")


@dataclass(frozen=True)
class Passage:
    """A way that the lead took: when, from which step, what that means. ``held``: since when the
    message waited for an hour in which it may go out; None: it did not wait."""

    at: datetime
    step: str
    words: str
    held: datetime | None = None


@dataclass(frozen=True)
class Allowed:
    """What consent said at a moment for the purpose of a message, and the entry of the log by which
    it did; None where none says anything."""

    as_of: datetime
    says: ConsentStanding
    by: ConsentEvent | None


@dataclass(frozen=True)
class Story:
    """A message and its enrolment; ``came_by``: the event that let the lead in, where the campaign
    goes by events; what it passed; what its consent said as it was sent (or would have been), and
    what it says now. ``came_into``: the version that it came into; it may be in another by now."""

    message: CampaignMessage
    enrolment: Enrolment
    came_into: int
    program: Program
    came_by: DomainEvent | None
    passages: tuple[Passage, ...]
    consent: Allowed
    consent_now: Allowed


def story_of(session: Session, message_id: str, now: datetime) -> Story:
    """The story of one message.

    Raises:
        NoSuchMessage: there is none.
    """
    message = session.get(CampaignMessage, message_id)
    if message is None:
        raise NoSuchMessage(message_id)
    enrolment = session.get_one(Enrolment, message.enrolment_id)
    moves = _moves(enrolment)
    came_into = moves[0][0] if moves else enrolment.version
    asked = {message.version, came_into, *(to for _, to in moves)}
    found = programs(session, [(message.campaign, one) for one in sorted(asked)])
    of = {version: program for (_, version), program in found.items()}
    program = of[message.version]
    said = page_of_log(session, message.lead_id, Wanted(MOST_SAID)).items
    moment = message.sent_at or message.planned_at
    return Story(
        message,
        enrolment,
        came_into,
        program,
        _came_by(session, program, enrolment),
        tuple(passages(of, came_into, enrolment)),
        _allowed(session, message, moment, said),
        _allowed(session, message, now, said),
    )


def passages(
    programs: Mapping[int, Program], came_into: int, enrolment: Enrolment
) -> Iterator[Passage]:
    """What is written of the way of an enrolment, in its order: each step by the version in which
    it was then, first ``came_into``."""
    came, program = enrolment.began_at, programs[came_into]
    for line in enrolment.trail.splitlines():
        moment, step, way = line.split(" ", 2)
        at = datetime.fromisoformat(moment)
        if moved := MOVED.fullmatch(way):
            program = programs[int(moved[2])]
            yield Passage(at, step, f"Went on in version {moved[2]}, moved from {moved[1]}")
            continue
        node = program.nodes[program.numbers[step]] if step in program.numbers else None
        sends = node is not None and node.kind == "send" and not way.endswith(SKIPPED)
        held = came if sends and at - came > AT_ONCE else None
        yield Passage(at, step, _words(program, node, way), held)
        came = at


def _moves(enrolment: Enrolment) -> list[tuple[int, int]]:
    """From which version to which it was moved, in their order."""
    found = (MOVED.fullmatch(line.split(" ", 2)[2]) for line in enrolment.trail.splitlines())
    return [(int(one[1]), int(one[2])) for one in found if one]


def _words(program: Program, node: Node | None, way: str) -> str:
    if node is None:
        end, _, by = way.partition(" ")
        return f"Left the campaign: {_plain(end)}" + (f", by {by}" if by else "")
    subjects = {name: plain_subject(one.subject) for name, one in program.campaign.contents.items()}
    if node.kind == "send":
        subject = subjects.get(node.step.send or "", node.name)
        if way.endswith(SKIPPED):
            return f"“{subject}” was skipped: it had become too late for it"
        return f"“{subject}” was due"
    if node.step.listen is not None:
        heard = " or ".join(event_words(one) for one in node.step.listen.on) or "what it waited for"
        return f"It happened: {heard}" if way == "then" else f"Did not happen in time: {heard}"
    if node.step.switch is not None:
        to = node.ways[way]
        return f"Went on with {'the end' if to == program.end else _plain(program.nodes[to].name)}"
    if way == "otherwise":
        return "The date that it waits for is not known"
    done = what_it_does(node.step, subjects)
    return done.replace("Waits", "Waited", 1).replace("Does:", "Did:", 1)


def _came_by(session: Session, program: Program, enrolment: Enrolment) -> DomainEvent | None:
    """The last event before it came in by which this campaign lets leads in."""
    if enrolment.enrolled_by != "criteria" or program.enter is None or not program.enter.on:
        return None
    return session.scalar(
        select(DomainEvent)
        .where(DomainEvent.lead_id == enrolment.lead_id)
        .where(DomainEvent.type.in_(program.enter.on), DomainEvent.at <= enrolment.began_at)
        .order_by(DomainEvent.id.desc())
        .limit(1)
    )


def _allowed(
    session: Session, message: CampaignMessage, at: datetime, said: Sequence[ConsentEvent]
) -> Allowed:
    """What counted then of what was known then: a no of an earlier moment that came to be known
    after it had stopped nothing."""
    found = standings(session, [message.lead_id], at, known_by=at)[message.lead_id]
    says = next(one for purpose, one in found.items() if purpose == message.purpose)
    by = (
        event
        for event in said
        if event.purpose == message.purpose
        and event.recorded_at <= at
        and event.happened_at == says.since
        and event.given == (says.says == "given")
    )
    return Allowed(at, says, next(by, None))


def _plain(name: str) -> str:
    return name.replace("_", " ")
