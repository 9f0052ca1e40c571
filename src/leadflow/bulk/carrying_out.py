"""Doing with many leads what was shown before, by the services that do it with one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from leadflow.accounts.actors import Actor
from leadflow.accounts.delegation import requester
from leadflow.assignment.tables import Assignment
from leadflow.assignment.work.handover import AssignmentChanged, RepFull
from leadflow.assignment.work.reassignment import ask_or_reassign
from leadflow.assignment.work.service import Said
from leadflow.bulk.planning import Plan, plan
from leadflow.bulk.schemas import Asked, Assign, Enrol, Export, Tag
from leadflow.campaigns.enrolling.service import enrol, taking_leads
from leadflow.exports import service as exports
from leadflow.exports.schemas import ExportIn
from leadflow.follow_ups.tags import tag
from leadflow.leads.attribute_fields import PREFIX
from leadflow.settings import Settings


class PlanChanged(RuntimeError):
    """Something else would come of it than was shown."""

    def __init__(self) -> None:
        super().__init__("Leads have changed since this was shown. Look at it once more.")


@dataclass(frozen=True)
class Done:
    """What came of it, in words; of a file the id of its export."""

    words: str
    export_id: str | None = None


def carry_out(
    session: Session, settings: Settings, asked: Asked, shown: str, caller: Actor, now: datetime
) -> Done:
    """Do what is asked, as long as it comes to what was shown; ``shown`` is that plan's digest.

    Raises:
        PlanChanged: it does not; nothing has changed.
        ExportsUnderWay: too many files of theirs are not written yet.
        BulkRefused and others: see ``plan``.
    """
    act, made = asked.act, plan(session, asked, caller, now)
    if made.digest(asked) != shown:
        raise PlanChanged
    if isinstance(act, Assign):
        return _assign(session, settings, act, made, caller, now)
    if isinstance(act, Tag):
        count = tag(session, made.lead_ids, act.names, caller.id, now)
        return Done(f"{how_many(count, 'lead')} {of_number(count, 'is', 'are')} tagged.")
    if isinstance(act, Enrol):
        return _enrol(session, act, made, caller, now)
    return _export(session, asked, act, caller, now)


def _assign(
    session: Session, settings: Settings, act: Assign, made: Plan, caller: Actor, now: datetime
) -> Done:
    by = requester(session, caller, None, now)
    said = Said(by.id, now)
    given = waiting = failed = 0
    for lead_id in made.lead_ids:
        try:
            with session.begin_nested():
                came = ask_or_reassign(session, settings, lead_id, by, said, act.rep_id, act.why)
        except (RepFull, AssignmentChanged):
            failed += 1
            continue
        given += isinstance(came, Assignment)
        waiting += not isinstance(came, Assignment)
    words = []
    if given or not (waiting or failed):
        words.append(f"{how_many(given, 'lead')} {of_number(given, 'is', 'are')} theirs now.")
    if waiting:
        words.append(
            f"{how_many(waiting, 'lead')} {of_number(waiting, 'waits', 'wait')} for an approval."
        )
    if failed:
        words.append(f"{how_many(failed, 'lead')} could not be given: there is no more room.")
    return Done(" ".join(words))


def _enrol(session: Session, act: Enrol, made: Plan, caller: Actor, now: datetime) -> Done:
    program, version = taking_leads(session, act.campaign)
    found = enrol(session, program, version, made.lead_ids, caller.id, now)
    count, out = len(found.ids), len(found.held_out)
    words = f"{how_many(count, 'lead')} {of_number(count, 'is', 'are')} in it now."
    if out:
        words += (
            f" {how_many(out, 'lead')} {of_number(out, 'is', 'are')} kept out, to compare with."
        )
    return Done(words)


def _export(session: Session, asked: Asked, act: Export, caller: Actor, now: datetime) -> Done:
    """With the columns of the list, and what tells the leads apart."""
    own = ("attributes" if name.startswith(PREFIX) else name for name in act.columns)
    fields = list(dict.fromkeys(("first_name", "last_name", "email", *own)))
    question = asked.question.model_dump(exclude={"fields"})
    said = ExportIn.model_validate(
        question | {"format": act.format, "why": act.why or None, "fields": fields}
    )
    made = exports.ask(session, said, caller, now)
    return Done("The file is being written.", made.id)
