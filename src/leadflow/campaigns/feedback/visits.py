"""Opens, clicks and opt-outs as they come: written down in one short statement, judged some seconds
later, when people can be told from machines, and noted then, many at a time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, delete, insert, literal, select
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.contents import ready
from leadflow.campaigns.feedback.judging import SETTLED_AFTER, Visit, why_machine
from leadflow.campaigns.feedback.noting import note
from leadflow.campaigns.feedback.pausing import Bounds
from leadflow.campaigns.feedback.tables import MessageVisit
from leadflow.campaigns.feedback.tokens import Visited
from leadflow.campaigns.feedback.told import Told
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.tables import CampaignMessage, CampaignVersion
from leadflow.channels.email.tracking import OPEN, OPT_OUT, tracked
from leadflow.consent.links import LinkUnknown

AT_A_TIME = 500
# Where the links of a step lead, by the hash of all that its campaign says.
MOST_KEPT = 1000
_kept: dict[tuple[str, str], tuple[str, ...]] = {}


def write_visit(
    session: Session, message_id: str, link: int, machine: str | None, now: datetime
) -> None:
    """Write down that a picture was fetched or a link followed, by which machine if that is known.
    No address and no agent is kept."""
    row = {"message_id": message_id, "link": link, "at": now, "machine": machine}
    session.execute(insert(MessageVisit), row)


def target_of(session: Session, visited: Visited) -> str:
    """Where a link leads, by the content of the version that its message was written by.

    Raises:
        LinkUnknown: the message is gone, or has no such link.
    """
    asked = (
        select(CampaignVersion.content_hash, CampaignMessage.step, CampaignMessage.campaign)
        .join(CampaignVersion, CampaignVersion.campaign == CampaignMessage.campaign)
        .where(CampaignVersion.version == visited.version)
        .where(CampaignMessage.id == visited.message_id)
    )
    found = session.execute(asked).tuples().first()
    if found is None:
        raise LinkUnknown
    content, step, campaign = found
    targets = _kept.get((content, step))
    if targets is None:
        if len(_kept) == MOST_KEPT:
            _kept.clear()
        targets = _targets(session, campaign, visited.version, step)
        _kept[content, step] = targets
    if not 1 <= visited.link <= len(targets):
        raise LinkUnknown
    return targets[visited.link - 1]


def note_visits(session: Session, bounds: Bounds, now: datetime) -> int:
    """Judge and note visits that are some seconds old; how many."""
    visits = _settled(session, now)
    if not visits:
        return 0
    ids = sorted({one.message_id for one in visits})
    asked = select(CampaignMessage.id, CampaignMessage.sent_at).where(
        CampaignMessage.id == any_(literal(ids, ARRAY(Text)))
    )
    sent = dict(session.execute(asked).tuples().all())
    around: defaultdict[str, list[Visit]] = defaultdict(list)
    for one in _of_messages(session, ids):
        around[one.message_id].append(one)
    told = [
        _told(one, why_machine(one, around[one.message_id], sent.get(one.message_id)))
        for one in visits
    ]
    note(session, told, bounds, now)
    session.execute(delete(MessageVisit).where(MessageVisit.id.in_([one.id for one in visits])))
    return len(visits)


def _settled(session: Session, now: datetime) -> list[Visit]:
    these = (
        select(MessageVisit)
        .where(MessageVisit.at <= now - SETTLED_AFTER)
        .order_by(MessageVisit.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    return [_visit(row) for row in session.scalars(these)]


def _of_messages(session: Session, ids: Sequence[str]) -> list[Visit]:
    of = MessageVisit.message_id == any_(literal(list(ids), ARRAY(Text)))
    return [_visit(row) for row in session.scalars(select(MessageVisit).where(of))]


def _visit(row: MessageVisit) -> Visit:
    return Visit(row.id, row.message_id, row.link, row.at, row.machine)


def _told(visit: Visit, machine: str | None) -> Told:
    if visit.link == OPEN:
        return Told("opened", visit.at, visit.message_id, machine=machine)
    if visit.link == OPT_OUT:
        return Told("unsubscribed", visit.at, visit.message_id)
    return Told("clicked", visit.at, visit.message_id, machine=machine, link=visit.link)


def _targets(session: Session, campaign: str, version: int, step: str) -> tuple[str, ...]:
    program = programs(session, [(campaign, version)])[campaign, version]
    content = program.campaign.contents[program.nodes[program.numbers[step]].step.send or ""]
    return tracked(ready(program.campaign, content), "clicks").targets
