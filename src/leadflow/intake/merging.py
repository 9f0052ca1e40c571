"""Use case: make one lead of two, and two of it again; score them anew.

The survivor has what it had, and of the other what it had not (``leads.merging.knowledge``); what
the other did and how it ended, notes, tasks and tags; and one salesperson. The other stays as it
was, with its history, scores and decisions, and the survivor stands for it: by its address and its
ids the survivor is found.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from leadflow.approvals.tables import Approval
from leadflow.assignment.work import merged_leads
from leadflow.audit import service as audit
from leadflow.follow_ups import merging as follow_ups
from leadflow.intake.decide import News, decide
from leadflow.intake.senders import Sender
from leadflow.intake.standings import LeadStanding
from leadflow.leads.merging import facts
from leadflow.leads.merging.knowledge import EMAIL, Filled, fill, give_back, missing, taken_address
from leadflow.leads.merging.tables import LeadMerge
from leadflow.leads.service import absent, email_index_of, lock_leads
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.scores import Scorer

NO_ADDRESS = "none"


class MergeRefused(ValueError):
    """These two cannot be made one; the message says why and what to do."""


class MergeNotFound(LookupError):
    """There is no merge with this id."""

    def __init__(self, merge_id: str) -> None:
        super().__init__(f"There is no merge {merge_id}. Those of a lead: GET /leads/ID/merges")


class SplitRefused(RuntimeError):
    """The two cannot be parted now; the message says what has to be done first."""


@dataclass(frozen=True)
class Merged:
    """A merge, and where the leads stand that were scored anew."""

    merge: LeadMerge
    standings: dict[str, LeadStanding]


def merge_leads(
    session: Session,
    pair: tuple[str, str],
    reason: str,
    sender: Sender,
    scorer: "Scorer | None",
    settings: Settings,
) -> Merged:
    """Merge the second of a pair into the first.

    Raises:
        MergeRefused: they are one lead, or people are being asked about one of them.
        LeadNotFound: one of them does not exist.
        LeadMerged: one of them was merged into another already.
    """
    survivor, other = _held(session, pair)
    _refuse_asked(session, pair)
    # After the locks: whatever was told of the two before is known now.
    now = datetime.now(UTC)
    merge = LeadMerge(
        survivor_id=survivor.id,
        other_id=other.id,
        reason=reason,
        merged_by=sender.actor.id,
        merged_at=now,
        brought={},
    )
    merge.brought = _brought(session, survivor, other, merge, now)
    session.add(merge)
    session.flush()
    where = decide(session, [News(survivor, sender)], scorer, now, settings)
    detail = {"merge": merge.id, "other": other.id, "filled": merge.brought["filled"]}
    audit.record(session, merge.merged_by, "lead.merged", survivor.id, detail, said=reason)
    into = {"merge": merge.id, "survivor": survivor.id}
    audit.record(session, merge.merged_by, "lead.merged_away", other.id, into, said=reason)
    return Merged(merge, where)


def split_leads(
    session: Session,
    merge_id: str,
    sender: Sender,
    scorer: "Scorer | None",
    settings: Settings,
) -> Merged:
    """Make two leads of one again: each has what it had before, the survivor also what came since.

    Raises:
        MergeNotFound: there is no such merge.
        SplitRefused: it was split already, or a later merge has to be split first.
    """
    merge = find_merge(session, merge_id)
    leads = lock_leads(session, [merge.survivor_id, merge.other_id])
    session.refresh(merge)
    survivor, other = leads[merge.survivor_id], leads[merge.other_id]
    _refuse_split(session, merge, survivor)
    now = datetime.now(UTC)
    _give_back(session, survivor, other, merge, now)
    merge.split_at, merge.split_by = now, sender.actor.id
    session.flush()
    for lead in (survivor, other):
        session.refresh(lead)
    where = decide(session, [News(survivor, sender), News(other, sender)], scorer, now, settings)
    for lead in (survivor, other):
        audit.record(session, sender.actor.id, "lead.split", lead.id, {"merge": merge.id})
    return Merged(merge, where)


def find_merge(session: Session, merge_id: str) -> LeadMerge:
    """The merge with this id.

    Raises:
        MergeNotFound: there is none.
    """
    merge = session.get(LeadMerge, merge_id)
    if merge is None:
        raise MergeNotFound(merge_id)
    return merge


def merges_of(session: Session, lead_id: str, wanted: Wanted = FIRST) -> Page[LeadMerge]:
    """The merges that a lead was in, the newest first."""
    either = (LeadMerge.survivor_id == lead_id) | (LeadMerge.other_id == lead_id)
    keys = Key(LeadMerge.merged_at, descending=True), Key(LeadMerge.id, descending=True)
    return read_page(session, select(LeadMerge).where(either), keys, ("merges", lead_id), wanted)


def _held(session: Session, pair: tuple[str, str]) -> tuple[Lead, Lead]:
    """Both leads, locked in the order of their ids, as all who write leads do."""
    if pair[0] == pair[1]:
        raise MergeRefused("A lead cannot be merged with itself. Name another one.")
    found = lock_leads(session, sorted(pair))
    for lead_id in pair:
        lead = found.get(lead_id)
        if lead is None or lead.merged_into is not None:
            raise absent(lead_id, lead)
    return found[pair[0]], found[pair[1]]


def _refuse_asked(session: Session, pair: tuple[str, str]) -> None:
    """What people agree to must be about the lead that they were asked about."""
    asked = select(Approval.id).where(Approval.subject_id.in_(pair), Approval.status == "waiting")
    if (approval := session.scalars(asked).first()) is not None:
        raise MergeRefused(
            f"People are being asked about one of the two ({approval}). Decide that first."
        )


def _brought(
    session: Session, survivor: Lead, other: Lead, merge: LeadMerge, now: datetime
) -> dict[str, Any]:
    """Bring the survivor all that is the other's; what that was, for a split to take back."""
    brought = _known(session, survivor, other, merge, now)
    facts.bring(session, survivor.id, other.id, now)
    brought |= follow_ups.bring(session, survivor.id, other.id)
    brought["held"] = merged_leads.bring(session, survivor.id, other.id, now)
    brought["under"] = _stand_for(session, survivor, other)
    return brought


def _give_back(
    session: Session, survivor: Lead, other: Lead, merge: LeadMerge, now: datetime
) -> None:
    """Take all of it back, and let the other stand for itself."""
    brought = merge.brought
    _return_address(session, survivor, other, merge)
    filled = Filled(brought["filled"], brought["notes_before"], {})
    give_back(survivor, other, filled, now)
    other.merged_into, other.updated_at = None, now
    under = update(Lead).where(Lead.id.in_(brought["under"]))
    session.execute(under.values(merged_into=other.id))
    session.flush()
    facts.take_back(session, survivor.id, other.id)
    follow_ups.take_back(session, survivor.id, other.id, brought)
    merged_leads.take_back(session, brought["held"], merge.merged_at, now)


def _known(
    session: Session, survivor: Lead, other: Lead, merge: LeadMerge, now: datetime
) -> dict[str, Any]:
    """Have the survivor know what only the other does."""
    what = missing(survivor, other)
    if EMAIL in what.names:
        merge.email, index = taken_address(other)
        session.flush()
        survivor.email, survivor.email_index = merge.email, index
        survivor.email_kind = other.email_kind
    fill(survivor, other, what, now)
    other.merged_into, other.updated_at = survivor.id, now
    session.flush()
    session.refresh(survivor)
    return {"filled": what.names, "notes_before": what.notes}


def _return_address(session: Session, survivor: Lead, other: Lead, merge: LeadMerge) -> None:
    """Give the other its e-mail address back, unless a third lead has it by now."""
    if merge.email is None:
        return
    index = email_index_of(merge.email)
    if survivor.email_index == index:
        taken_address(survivor)
        survivor.email_kind = NO_ADDRESS
        before = merge.brought["notes_before"].get(EMAIL)
        notes = {name: note for name, note in survivor.said.items() if name != EMAIL}
        survivor.said = notes | ({} if before is None else {EMAIL: before})
        session.flush()
    if not session.scalar(select(exists().where(Lead.email_index == index))):
        other.email, other.email_index = merge.email, index


def _stand_for(session: Session, survivor: Lead, other: Lead) -> list[str]:
    """Have the survivor stand for those that the other stood for, too; which these are. The other
    has no score that counts from now on."""
    under = update(Lead).where(Lead.merged_into == other.id).values(merged_into=survivor.id)
    found = session.scalars(under.returning(Lead.id)).all()
    scores = update(LeadScore).where(LeadScore.lead_id == other.id, LeadScore.is_current)
    session.execute(scores.values(is_current=False))
    return sorted(found)


def _refuse_split(session: Session, merge: LeadMerge, survivor: Lead) -> None:
    if merge.split_at is not None:
        raise SplitRefused(f"{merge.id} was split on {merge.split_at:%Y-%m-%d}; the two are apart.")
    if survivor.merged_into is not None:
        above = select(LeadMerge.id).where(
            LeadMerge.other_id == survivor.id, LeadMerge.split_at.is_(None)
        )
        raise SplitRefused(
            f"{survivor.id} was merged itself since. Split {session.scalar(above)} first."
        )
    later = select(LeadMerge.id).where(
        LeadMerge.survivor_id == survivor.id,
        LeadMerge.split_at.is_(None),
        LeadMerge.merged_at > merge.merged_at,
    )
    last = session.scalars(later.order_by(LeadMerge.merged_at.desc())).first()
    if last is not None:
        raise SplitRefused(
            f"Another lead was merged into {survivor.id} since. Split {last} first, then this one."
        )
