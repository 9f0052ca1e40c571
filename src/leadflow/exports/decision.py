"""Whether an export needs somebody's approval, and what is done once it is given.

The policies say so, by how many leads it is of and which of their fields (decisions of the kind
``data_export``). What is approved is the search as it was asked for: its content is fixed, leads
that come later are not in it, and it may not have grown much by the time it is written.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.accounts.actors import Actor
from leadflow.approvals import service as approvals
from leadflow.approvals.approved_act import approved_act
from leadflow.approvals.decision_kinds import DecisionKind, SubjectChanged
from leadflow.approvals.evidence import Evidence, Fact
from leadflow.approvals.tables import Approval
from leadflow.assignment.work.handover import find_rep
from leadflow.conditions.values import ValueKind
from leadflow.conditions.wording import field_words
from leadflow.exports.files import columns_of
from leadflow.exports.search_words import search_words
from leadflow.exports.tables import LeadExport
from leadflow.search.schemas import NOBODY

KIND, ACT = "data_export", "write_lead_export"
# Leads meet a condition that did not when somebody was asked: so many more are let through.
MAY_GROW = 1.1


class GrownMeanwhile(RuntimeError):
    """Far more leads are found than somebody has approved."""

    def __init__(self, found: int, approved: int) -> None:
        super().__init__(
            f"Approved was {how_many(approved, 'lead')}, and {found:,} are found by now. "
            "Ask for the export again."
        )


def ask_if_needed(session: Session, made: LeadExport, asker: Actor, now: datetime) -> bool:
    """Ask the people whom the policies name; False where they name nobody. ``made`` is counted."""
    try:
        question = _question(made, asker, _owner(session, made))
        made.approval_id = approvals.propose(session, question, now).id
    except approvals.NobodyNeeded:
        return False
    made.state, made.in_vain = "waiting", 0
    return True


def refuse_grown(made: LeadExport, found: int) -> None:
    """Make sure that an approved export is about as large as was shown.

    Raises:
        GrownMeanwhile: it is not.
    """
    if made.approval_id is not None and found > (made.leads or 0) * MAY_GROW:
        raise GrownMeanwhile(found, made.leads or 0)


def content(session: Session, export_id: str, payload: dict[str, Any]) -> dict[str, Any] | None:
    """What is decided about: the search, the kind of file, and how many leads there were."""
    made = session.get(LeadExport, export_id)
    if made is None:
        return None
    return {"search": made.search, "format": made.format, "leads": made.leads}


def carry_out(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What the act ``write_lead_export`` does: the export is written next."""

    def queue(approval: Approval) -> dict[str, Any]:
        made = session.get_one(LeadExport, approval.subject_id, with_for_update=True)
        if made.state != "waiting":
            raise SubjectChanged(f"The export is {made.state} by now.")
        made.state, made.due_at = "queued", now
        return {"export": made.id}

    return approvals.carry_out(session, payload["approval_id"], now, queue)


def _owner(session: Session, made: LeadExport) -> str | None:
    """What whoever has the leads is called, where somebody's are asked for."""
    owner = made.search.get("owner")
    return owner if owner in (None, NOBODY) else find_rep(session, str(owner)).name


def _question(made: LeadExport, asker: Actor, owner: str | None) -> approvals.Proposal:
    """The search itself is shown on Leadflow's own pages only: it may name somebody."""
    leads, columns = made.leads or 0, columns_of(made.search.get("fields"))
    kind = {"csv": "CSV", "parquet": "Parquet"}[made.format]
    search = f"{search_words(made.search | {'owner': owner})}."
    called = ", ".join(map(field_words, columns))
    return approvals.Proposal(
        kind=KIND,
        subject_id=made.id,
        act=ACT,
        payload={"export_id": made.id},
        description=(
            f"# Give {how_many(leads, 'lead')} out as a {kind} file?\n\n"
            f"With these columns: {called}. Whoever asks can then keep and pass on the "
            "file. It holds leads that had come by the time it was asked for."
        ),
        requested_by=asker.id,
        evidence=Evidence(
            about=f"{how_many(leads, 'lead')} as a {kind} file",
            facts=(
                Fact("Leads", f"{leads:,}", "that had come by then"),
                Fact("Columns", f"{len(columns):,}", "of each"),
            ),
        ),
        asked_why=search if made.why is None else f"{made.why}\n\n{search}",
        facts={
            "leads": leads,
            "fields": columns,
            "requester": asker.id,
            "requester_roles": sorted(asker.roles),
        },
        replaces="subject",
    )


KINDS = (
    DecisionKind(
        KIND,
        "Export of data",
        content,
        facts={"leads": ValueKind.NUMBER, "fields": ValueKind.TEXTS},
    ),
)
ACTS = (approved_act(ACT, lambda session, _, payload, now: carry_out(session, payload, now)),)
