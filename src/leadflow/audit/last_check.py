"""Checking the whole log as somebody asks for it, and what the last such check found."""

from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.audit import verification
from leadflow.audit.exported import heads_file, read_heads
from leadflow.audit.head import AuditLogBroken
from leadflow.audit.queue import put_into_chain
from leadflow.audit.tables import AuditEntry
from leadflow.audit.verification import Report
from leadflow.database.engine import unit_of_work
from leadflow.settings import Settings

CHECKED, SUBJECT = "audit_log.checked", "audit_log"


def check_log(settings: Settings, by: str) -> Report:
    """Read the whole log, and compare it with the heads that were exported; that it was checked,
    and what was found, is written into it. A log that cannot be written any more stays as it is."""
    with suppress(AuditLogBroken), unit_of_work() as session:
        put_into_chain(session)
    own = heads_file(settings)
    with verification.snapshot() as session:
        report = verification.verify(session, read_heads(own) if own.exists() else [])
    broken = report.broken
    found = {"rows": report.rows, "heads": report.compared}
    if broken is not None:
        found |= {"broken": broken.number}
    with suppress(AuditLogBroken), unit_of_work() as session:
        audit.record(session, by, CHECKED, SUBJECT, found)
    return report


def last_check(session: Session) -> AuditEntry | None:
    """What the last check found, by whom and when; None: nobody has asked for one."""
    checked = (AuditEntry.subject == SUBJECT) & (AuditEntry.action == CHECKED)
    newest = select(AuditEntry).where(checked).order_by(AuditEntry.number.desc()).limit(1)
    return session.scalars(newest).first()
