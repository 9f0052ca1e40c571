"""Messages that are late, because their campaign was paused or nothing was sent for a while."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.interpreter.clock import utc, utc_of
from leadflow.campaigns.interpreter.moments import added
from leadflow.campaigns.places.placing import read, zones_of
from leadflow.campaigns.tables import CampaignMessage, CampaignState, Enrolment

Answer = Literal["send", "skip"]
ASK: Literal["ask"] = "ask"


def asks(program: Program) -> bool:
    """Whether a person is asked what becomes of late messages."""
    late = program.campaign.late
    return late is not None and late.then == ASK


def answered(program: Program, answer: Answer) -> Program:
    """The program, with a person's answer where it asks for one."""
    late = program.campaign.late
    if late is None or late.then != ASK:
        return program
    said = {"late": late.model_copy(update={"then": answer})}
    return replace(program, campaign=program.campaign.model_copy(update=said))


def as_answered(session: Session, program: Program) -> Program:
    """The program, with what was said of late messages when its campaign last went on; where
    nothing was, they are sent."""
    if not asks(program):
        return program
    said = session.scalar(select(CampaignState.late).where(CampaignState.name == program.name))
    return answered(program, "skip" if said == "skip" else "send")


def cancel_late(session: Session, program: Program, version: int, now: datetime) -> list[str]:
    """Take back the messages of a version that were planned and are not sent yet, where it says
    that what is so late is skipped; the steps of each."""
    late = program.campaign.late
    if late is None or late.then != "skip":
        return []
    waiting = (
        select(CampaignMessage.id, CampaignMessage.step, CampaignMessage.due_at, Enrolment.places)
        .join(Enrolment, Enrolment.id == CampaignMessage.enrolment_id)
        .where(CampaignMessage.campaign == program.name, CampaignMessage.version == version)
        .where(CampaignMessage.status == "planned", CampaignMessage.due_at < now)
        .with_for_update(of=CampaignMessage, skip_locked=True)
    )
    rows = session.execute(waiting).all()
    if not rows:
        return []
    places: dict[tuple[str, ...], int] = {}
    numbers = [places.setdefault(tuple(row.places), len(places)) for row in rows]
    zones = zones_of([read(one) for one in places], numbers, program.campaign.holidays, now.year)
    due = utc_of([row.due_at for row in rows])
    every = np.arange(len(rows), dtype=np.int64)
    too_late = np.flatnonzero(added(due, late.after, zones.of_rows(every)) < utc(now)).tolist()
    gone = [rows[one].id for one in too_late]
    session.execute(
        update(CampaignMessage).where(CampaignMessage.id.in_(gone)).values(status="cancelled")
    )
    return [rows[one].step for one in too_late]
