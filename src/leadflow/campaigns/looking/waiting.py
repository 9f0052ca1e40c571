"""Why a message that is planned has not gone out yet."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from leadflow.campaigns.circuits import service as circuits
from leadflow.campaigns.definitions.step_words import plain_subject
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.tables import CampaignMessage, EnrolmentSignal

# What is due goes out by the next run.
WITHIN_A_MINUTE = "It goes out within a minute."


def why_it_waits(
    session: Session, message: CampaignMessage, channel: str | None, now: datetime
) -> str | None:
    """What a planned message waits for, in words; None where it is not planned.

    Args:
        channel: the name of the channel by which mail goes out now; None: nothing is sent.
    """
    if message.status != "planned":
        return None
    if message.due_at > now:
        return "It waits until it is due."
    if channel is None:
        return "Sending is switched off."
    before = session.execute(
        select(CampaignMessage.step, CampaignMessage.version)
        .where(CampaignMessage.enrolment_id == message.enrolment_id)
        .where(CampaignMessage.status.in_(("planned", "claimed")), CampaignMessage.id < message.id)
        .order_by(CampaignMessage.id)
    ).first()
    if before is not None:
        subject = _subject(session, message.campaign, *before)
        return f"“{subject}” comes before it, and has not gone out yet."
    signalled = exists().where(EnrolmentSignal.enrolment_id == message.enrolment_id)
    if session.scalar(select(signalled)):
        return "Something has just happened to the lead, which is looked at first."
    circuit = circuits.channels(session).get(channel)
    if circuit is None or circuit.takes(now, 1):
        return WITHIN_A_MINUTE
    why = "somebody has stopped it" if circuit.state == "paused" else "it rests after faults"
    return f"Nothing is sent by {channel} now: {why}."


def _subject(session: Session, campaign: str, step: str, version: int) -> str:
    program = programs(session, [(campaign, version)])[campaign, version]
    sends = program.nodes[program.numbers[step]].step.send or step
    return plain_subject(program.campaign.contents[sends].subject)
