"""Writing an export: all of the leads as of one moment, a page at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.asked_earlier import AskerGone, as_they_are
from leadflow.assignment.team.store import RepNotFound
from leadflow.audit import service as audit
from leadflow.database.engine import snapshot, unit_of_work
from leadflow.exports import claims
from leadflow.exports.claims import AGAIN_AFTER, ATTEMPTS, ClaimLost, Held
from leadflow.exports.decision import GrownMeanwhile, ask_if_needed, refuse_grown
from leadflow.exports.files import FORMATS, columns_of
from leadflow.exports.parts import Growing, drop_parts
from leadflow.exports.service import EXPORT, READ
from leadflow.exports.tables import LeadExport
from leadflow.failures import describe
from leadflow.observability.logs import get_logger
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
from leadflow.settings import Settings

log = get_logger(__name__)
PAGE = 5000
MISTAKE = "Leadflow made a mistake, which is in its log. Ask again, or tell whoever runs it."
# What will not be otherwise however often it is tried.
REFUSED = (AskerGone, GrownMeanwhile, RepNotFound, SearchInvalid, SearchTooSlow)


class Ending(RuntimeError):
    """The process ends; another goes on."""


@dataclass(frozen=True)
class Writer:
    """Writes exports, one after the other. ``holder`` names its process in the rows it claims; once
    ``ending`` is true it stops at the next page."""

    engine: Engine
    settings: Settings
    clock: Callable[[], datetime]
    holder: str
    ending: Callable[[], bool] = lambda: False

    def write_next(self) -> int:
        """Write the export that has waited longest; 1, or 0 where there is none."""
        with unit_of_work(self.engine) as session:
            held = claims.claim(session, self.holder, self.clock())
        if held is None:
            return 0
        try:
            self._write(held)
        except ClaimLost:
            log.warning("an export was begun by somebody else", export_id=held.export_id)
        except Ending:
            self._end(held, None, self.clock())
        except REFUSED as error:
            self._end(held, _why(error), self.clock())
        except Exception as error:
            log.error("an export failed", export_id=held.export_id, exc_info=error)
            last = held.attempt >= ATTEMPTS
            self._end(held, MISTAKE if last else None, self.clock() + AGAIN_AFTER)
        return 1

    def _write(self, held: Held) -> None:
        """Count the leads, have somebody asked where the policies say so, else write the file."""
        now = self.clock()
        with snapshot(self.engine) as session, in_time():
            made = session.get_one(LeadExport, held.export_id)
            asker = as_they_are(session, made.asked_by, (READ, EXPORT), now)
            question = read_question(session, _asked(made))
            within = seen_by(session, asker, EXPORT)
            found = how_many(session, question, within, now)
            refuse_grown(made, found)
            if made.approval_id is None and self._waits(held, found, asker, now):
                return
            self._write_file(session, held, made, question, within, now)

    def _waits(self, held: Held, found: int, asker: Actor, now: datetime) -> bool:
        """Whether somebody must approve it first; they are asked."""
        with unit_of_work(self.engine) as session:
            made = claims.hold(session, held)
            made.leads = found
            return ask_if_needed(session, made, asker, now)

    def _write_file(
        self,
        session: Session,
        held: Held,
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
                raise Ending
            page = page_of_ids(session, question, Wanted(PAGE, cursor), within, now)
            file.add(read_listed(session, page.items, fields, now))
            written, cursor, more = written + len(page.items), page.next, page.next is not None
            with unit_of_work(self.engine) as other:
                claims.keep(other, held, growing.take(), written, self.clock())
        file.end()
        size = growing.tell()
        with unit_of_work(self.engine) as other:
            claims.keep(other, held, growing.take(rest=True), written, self.clock())
            self._done(other, held, size)

    def _done(self, session: Session, held: Held, size: int) -> None:
        """In one transaction with the last part: nobody sees a file of which some is missing."""
        made, now = claims.hold(session, held), self.clock()
        made.state, made.size, made.ended_at = "done", size, now
        made.leads = made.written
        made.expires_at = now + timedelta(hours=self.settings.export_hours)
        told = {"leads": made.written, "bytes": size, "until": made.expires_at.isoformat()}
        about = {"format": made.format, "approval": made.approval_id}
        audit.record(session, made.asked_by, "lead_export.written", made.id, about, after=told)

    def _end(self, held: Held, error: str | None, after: datetime) -> None:
        """Nothing more comes of this attempt: it has failed with this error, or it is begun anew
        from a moment on."""
        try:
            with unit_of_work(self.engine) as session:
                if error is None:
                    claims.give_back(session, held, after)
                else:
                    self._failed(session, held, error)
        except ClaimLost as lost:
            log.warning(describe(lost), export_id=held.export_id)

    def _failed(self, session: Session, held: Held, error: str) -> None:
        made = claims.hold(session, held)
        made.state, made.error, made.ended_at = "failed", error, self.clock()
        drop_parts(session, made.id)
        audit.record(session, made.asked_by, "lead_export.failed", made.id, why=error)


def _asked(made: LeadExport) -> LeadQuestion:
    """The search; leads that came after it was asked for are not in it."""
    asked = LeadQuestion.model_validate(made.search)
    until = (
        made.asked_at if asked.created_until is None else min(asked.created_until, made.asked_at)
    )
    return asked.model_copy(update={"created_until": until})


def _why(error: Exception) -> str:
    """In words that are kept; what people wrote into a search is not repeated."""
    if isinstance(error, SearchInvalid):
        places = ", ".join(found.place for found in error.problems)
        return f"The search cannot be made any more: see {places}. Correct it and ask again."
    return str(error)
