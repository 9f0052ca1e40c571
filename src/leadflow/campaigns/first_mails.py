"""What the first leads of a preview would get first, with what is known of them: for whoever asks,
and kept nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, Rep
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.dispatch.writing import words_for
from leadflow.campaigns.interpreter.enrolments import Passed
from leadflow.campaigns.interpreter.zones import Numbers
from leadflow.campaigns.previewing import Preview, might_come_in
from leadflow.campaigns.simulating.past_leads import stored_crowd
from leadflow.campaigns.simulating.running import go_through
from leadflow.channels.email.rendering import NotRendered, Rendered
from leadflow.consent.may_send import STRICT, Policy, may_send
from leadflow.leads.tables import Lead
from leadflow.settings import Settings

SAMPLES, FIRST_LINES = 5, 4
# A link that is shown to somebody else must not take the lead out of anything.
NO_LINK = "https://example.com/in-a-preview"
A_YEAR = np.timedelta64(366, "D")


@dataclass(frozen=True)
class FirstMail:
    """What a lead would get: by which step, and its words, or why it could not be written."""

    lead_id: str
    step: str
    mail: Rendered | NotRendered

    @property
    def first_lines(self) -> list[str]:
        """How its words begin."""
        text = "" if isinstance(self.mail, NotRendered) else self.mail.text
        return [line for line in text.splitlines() if line.strip()][:FIRST_LINES]


@dataclass(frozen=True)
class Samples:
    """What some leads would get first; where there is nothing to show, why."""

    mails: list[FirstMail]
    why_none: str | None = None


def samples(
    session: Session,
    program: Program,
    shown: Preview,
    settings: Settings,
    now: datetime,
    policy: Policy = STRICT,
) -> Samples:
    """What five leads of a preview would get first; where leads come in by what happens to them, or
    by name, five of those that fit."""
    by_itself = program.enter is not None and not shown.on_events
    some = shown.first if by_itself else might_come_in(session, program, now)
    mails = first_mails(session, program, some, settings, now, policy)
    if mails:
        return Samples(mails)
    if some:
        why = "none of the leads looked at that fit may be written to, or gets a mail if nothing "
        return Samples([], f"No mail is shown: {why}happens.")
    would = "would come in" if by_itself else "fits what it asks for, to show a mail of"
    return Samples([], f"No mail is shown: no lead {would} now.")


def first_mails(
    session: Session,
    program: Program,
    leads: Sequence[str],
    settings: Settings,
    now: datetime,
    policy: Policy = STRICT,
) -> list[FirstMail]:
    """The first mail of five of these leads, in their order, if they came in now and nothing
    happened to them; without those that may not be written to, or would get none."""
    refused = may_send(session, leads, program.campaign.purpose, "email", now, policy)
    read = session.execute(
        select(Lead, Rep)
        .outerjoin(Assignment, (Assignment.lead_id == Lead.id) & Assignment.ended_at.is_(None))
        .outerjoin(Rep, Rep.id == Assignment.rep_id)
        .where(Lead.id.in_([one for one in leads if refused[one] is None]))
    )
    rows = {lead.id: (lead, rep) for lead, rep in read}
    steps = _first_steps(session, program, [lead for lead, _ in rows.values()], now)
    found = []
    for one in [one for one in leads if one in steps][:SAMPLES]:
        lead, rep = rows[one]
        links = dict.fromkeys(("unsubscribe_url", "preferences_url"), NO_LINK)
        mail: Rendered | NotRendered
        try:
            mail = words_for(program, steps[one], lead, rep, {"enrollment": {}, **links}, settings)
        except NotRendered as error:
            mail = error
        found.append(FirstMail(one, steps[one], mail))
    return found


def _first_steps(
    session: Session, program: Program, leads: Sequence[Lead], now: datetime
) -> dict[str, str]:
    """By which step each lead would get its first mail; who would get none is left out."""
    if not leads:
        return {}
    crowd = stored_crowd(session, program, leads, now, now)
    entered = np.full(len(leads), np.datetime64(now.replace(tzinfo=None), "us"))
    steps: dict[str, str] = {}

    def note(one: Passed, rows: Numbers) -> None:
        if one.node is not None and one.node.kind == "send" and not one.skipped:
            for row in rows.tolist():
                steps.setdefault(leads[row].id, one.node.name)

    everybody = np.arange(len(leads))
    go_through(program, crowd.world, everybody, entered, entered + A_YEAR, crowd.zones, note)
    return steps
