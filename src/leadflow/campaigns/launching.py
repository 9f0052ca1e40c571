"""Whether the launch of a campaign, or moving leads to its live version, needs somebody's approval,
and what is done once it is given.

The policies say so (decisions of the kind ``campaign``). What is approved is one version, by
the hash of all that it says, with who would come in as it was shown.
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
from leadflow.campaigns import moving
from leadflow.campaigns.auditing import keep
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.definitions.schemas import Campaign
from leadflow.campaigns.launch_question import launch_question
from leadflow.campaigns.moving import Wanted
from leadflow.campaigns.previewing import Preview, preview
from leadflow.campaigns.store import service
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.store.service import StoredCampaign
from leadflow.conditions.values import ValueKind
from leadflow.consent.may_send import Policy
from leadflow.settings import get_settings

KIND, ACT, MOVE = "campaign", "launch_campaign", "move_enrolments"


def ask_to_launch(session: Session, name: str, asker: Actor, now: datetime) -> str | None:
    """Ask the people whom the policies name whether the newest version of a campaign may be
    launched; the id of the question. Where they name nobody it is launched at once: None.

    Raises:
        NoCampaign, CampaignNotSo: it cannot be launched.
    """
    stored = service.launchable(session, name)
    program = programs(session, [(name, stored.version)])[name, stored.version]
    policy = Policy.of(get_settings().marketing_without_consent)
    shown = preview(session, program, now, policy)
    keep(session, name, stored.version, shown.by_lead)
    try:
        return approvals.propose(session, _question(stored, program, shown, asker), now).id
    except approvals.NobodyNeeded:
        service.launch(session, name, asker.id, now)
        return None


def content(session: Session, name: str, payload: dict[str, Any]) -> dict[str, Any] | None:
    """What is decided about: a version, by the hash of all that it says."""
    stored = service.campaigns_now(session).get(name)
    if stored is None:
        return None
    newest = {"version": stored.version, "content_hash": stored.program.campaign.content_hash}
    if "steps" not in payload:
        return newest
    return newest | {"live_version": stored.live_version, "moved": payload}


def ask_to_move(
    session: Session, wanted: Wanted, asker: Actor, now: datetime
) -> str | dict[str, int]:
    """Ask the people whom the policies name whether leads may be moved to the live version; the id
    of the question. Where they name nobody they are moved at once: how many had which fate.

    Raises:
        NoCampaign, MoveInvalid: they cannot be.
    """
    counted = moving.look(session, wanted)
    campaign = service.read_campaign(session, wanted.name).program.campaign
    touched = sum(one.leads for one in counted if one.fate in ("moves", "leaves"))
    lines = (
        f"- {one.leads:,} at {one.step}: {moving.IN_WORDS[one.fate]}"
        + (f", at {one.to}" if one.fate == "moves" else "")
        for one in counted
    )
    question = approvals.Proposal(
        kind=KIND,
        subject_id=wanted.name,
        act=MOVE,
        payload=wanted.payload,
        description="\n".join(
            (
                f"# Move leads of {campaign.name} ({wanted.name}) from version {wanted.before} "
                f"to {wanted.after}?",
                "",
                *lines,
            )
        ),
        requested_by=asker.id,
        evidence=Evidence(about=f"the campaign {campaign.name}"),
        facts=_facts(campaign, touched, asker),
        replaces="subject",
    )
    try:
        return approvals.propose(session, question, now).id
    except approvals.NobodyNeeded:
        return moving.move(session, wanted, asker.id, now)


def carry_out_move(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What the act ``move_enrolments`` does."""

    def move(approval: Approval) -> dict[str, Any]:
        try:
            return dict(moving.move(session, Wanted.of(payload), approval.requested_by, now))
        except (service.NoCampaign, moving.MoveInvalid) as error:
            raise SubjectChanged(str(error)) from error

    return approvals.carry_out(session, payload["approval_id"], now, move)


def carry_out(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What the act ``launch_campaign`` does."""

    def launch(approval: Approval) -> dict[str, Any]:
        try:
            stored = service.launch(session, approval.subject_id, approval.requested_by, now)
        except (service.NoCampaign, service.CampaignNotSo) as error:
            raise SubjectChanged(str(error)) from error
        return {"campaign": stored.name, "version": stored.live_version}

    return approvals.carry_out(session, payload["approval_id"], now, launch)


def _question(
    stored: StoredCampaign, program: Program, shown: Preview, asker: Actor
) -> approvals.Proposal:
    campaign = stored.program.campaign
    return approvals.Proposal(
        kind=KIND,
        subject_id=stored.name,
        act=ACT,
        payload={"campaign": stored.name},
        description=launch_question(program, stored.version, shown, get_settings().address),
        requested_by=asker.id,
        evidence=Evidence(
            about=f"the campaign {campaign.name}",
            facts=(
                Fact("It is for", how_many(shown.audience, "lead")),
                Fact("Of those that come in", f"{sum(shown.withheld.values()):,}", "get no mail"),
                Fact("It sends", how_many(len(campaign.contents), "content"), campaign.purpose),
            ),
        ),
        facts=_facts(campaign, shown.audience, asker),
        replaces="subject",
    )


def _facts(campaign: Campaign, audience: int, asker: Actor) -> dict[str, Any]:
    return {
        "audience": audience,
        "purpose": campaign.purpose,
        "campaign_type": campaign.type,
        "requester": asker.id,
        "requester_roles": sorted(asker.roles),
    }


DECISION_KINDS = (
    DecisionKind(
        KIND,
        "Campaign: whether leads come in, or go on in another version",
        content,
        facts={
            "audience": ValueKind.NUMBER,
            "purpose": ValueKind.TEXT,
            "campaign_type": ValueKind.TEXT,
        },
    ),
)
ACTS = (
    approved_act(ACT, lambda session, _, payload, now: carry_out(session, payload, now)),
    approved_act(MOVE, lambda session, _, payload, now: carry_out_move(session, payload, now)),
)
