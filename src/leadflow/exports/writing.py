"""Writing an export: all of the leads as of one moment, a page at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.asked_earlier import AskerGone, as_they_are
from leadflow.assignment.team.store import RepNotFound
from leadflow.audit import service as audit
from leadflow.database.engine import snapshot
from leadflow.database.leased import Claim, Leases
from leadflow.database.leased_work import PutOff, Worker
from leadflow.exports.decision import GrownMeanwhile, ask_if_needed, refuse_grown
from leadflow.exports.files import FORMATS, columns_of
from leadflow.exports.parts import Growing, add_parts, drop_parts
from leadflow.exports.service import EXPORT, READ
from leadflow.exports.tables import EXPORTS, LeadExport
from leadflow.paging.keyset import Wanted
from leadflow.search.branches import Within
from leadflow.search.listed import read_listed
from leadflow.search.question import Question, SearchInvalid, read_question
from leadflow.search.schemas import LeadQuestion
from leadflow.search.service import (
    SearchTooSlow,
    how_many,
    in_time,
    page_of_ids,
    seen_by,
)

PAGE = 5000
MISTAKE = "Leadflow made a mistake, which is in its log. Ask again, or tell whoever runs it."
# What will not be otherwise however often it is tried.
REFUSED = (AskerGone, GrownMeanwhile, RepNotFound, SearchInvalid, SearchTooSlow)


@dataclass(frozen=True)
class Writer(Worker[LeadExport]):
    """Writes exports, one after the other; each attempt from its beginning."""

    refused = REFUSED
    mistake = MISTAKE

    @property
    def leases(self) -> Leases[LeadExport]:
        """Those on exports."""
        return EXPORTS

    def work(self, claim: Claim) -> None:
        """Count the leads, have somebody asked where the policies say so, else write the file."""
        now = self.clock()
        with self.unit() as session:
            self.put_back(session, EXPORTS.hold(session, claim))
        with snapshot(self.engine) as session, in_time():
            made = session.get_one(LeadExport, claim.row_id)
            asker = as_they_are(session, made.asked_by, (READ, EXPORT), now)
            question = read_question(session, _asked(made))
            within = seen_by(session, asker, EXPORT)
            found = how_many(session, question, within, now)
            refuse_grown(made, found)
            if made.approval_id is None and self._waits(claim, found, asker, now):
                return
            self._write_file(session, claim, made, question, within, now)

    def _waits(self, claim: Claim, found: int, asker: Actor, now: datetime) -> bool:
        """Whether somebody must approve it first; they are asked."""
        with self.unit() as session:
            made = EXPORTS.hold(session, claim)
            made.leads = found
            return ask_if_needed(session, made, asker, now)

    def _write_file(
        self,
        session: Session,
        claim: Claim,
        made: LeadExport,
        question: Question,
        within: Within | None,
        now: datetime,
    ) -> None:
        """Page after page, and at last that the whole file is there."""
        growing, fields = Growing(), made.search.get("fields")
        file = FORMATS[made.format](growing, columns_of(fields))
        written, cursor, more = 0, None, True
        while more:
            if self.ending():
                raise PutOff
            page = page_of_ids(session, question, Wanted(PAGE, cursor), within, now)
            file.add(read_listed(session, page.items, fields, now))
            written, cursor, more = written + len(page.items), page.next, page.next is not None
            with self.unit() as other:
                self._keep(other, claim, growing.take(), written)
        file.end()
        size = growing.tell()
        with self.unit() as other:
            self._done(other, self._keep(other, claim, growing.take(rest=True), written), size)

    def _keep(self, session: Session, claim: Claim, parts: list[bytes], written: int) -> LeadExport:
        """Store more of the file, and hold the export for another lease. Nothing of that is of use
        to another attempt."""
        made = EXPORTS.extend(session, claim, self.clock())
        made.written = written
        add_parts(session, made.id, claim.attempt, parts)
        return made

    def _done(self, session: Session, made: LeadExport, size: int) -> None:
        """In one transaction with the last part: nobody sees a file of which some is missing."""
        now = self.clock()
        made.state, made.size, made.ended_at = "done", size, now
        made.leads = made.written
        made.expires_at = now + timedelta(hours=self.settings.export_hours)
        told = {"leads": made.written, "bytes": size, "until": made.expires_at.isoformat()}
        about = {"format": made.format, "approval": made.approval_id}
        audit.record(session, made.asked_by, "lead_export.written", made.id, about, after=told)

    def put_back(self, session: Session, made: LeadExport) -> None:
        """Delete what an attempt has written."""
        made.written = 0
        drop_parts(session, made.id)

    def fail(self, session: Session, made: LeadExport, error: str) -> None:
        """Note why there will be no file."""
        made.state, made.error, made.ended_at = "failed", error, self.clock()
        drop_parts(session, made.id)
        audit.record(session, made.asked_by, "lead_export.failed", made.id, why=error)

    def why(self, error: Exception) -> str:
        """What people wrote into a search is not repeated."""
        if isinstance(error, SearchInvalid):
            places = ", ".join(found.place for found in error.problems)
            return f"The search cannot be made any more: see {places}. Correct it and ask again."
        return str(error)


def _asked(made: LeadExport) -> LeadQuestion:
    """The search; leads that came after it was asked for are not in it."""
    asked = LeadQuestion.model_validate(made.search)
    until = (
        made.asked_at if asked.created_until is None else min(asked.created_until, made.asked_at)
    )
    return asked.model_copy(update={"created_until": until})
