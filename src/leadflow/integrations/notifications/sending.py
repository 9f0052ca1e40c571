"""Sending one notification to one person, through Apprise."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import apprise

from leadflow.accounts.tables import Person
from leadflow.approvals.codes import issue_code
from leadflow.approvals.decision_kinds import kind_of
from leadflow.approvals.service import get
from leadflow.approvals.who import May, may_decide
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications import messages
from leadflow.integrations.notifications.messages import Message
from leadflow.settings import Settings

LOCAL = "mailto://{host}:{port}/?from=Leadflow<leadflow@localhost>&to={{email}}&mode=insecure"


class NotSent(RuntimeError):
    """The notification was not taken; it is tried again."""


def notify_person(settings: Settings, payload: dict[str, Any]) -> dict[str, Any]:
    """The outbox act ``notify_person``. Whoever has no address is told nothing; a question that was
    answered meanwhile is not asked.

    Raises:
        NotSent: the mail server, or what else is set, did not take it.
    """
    with unit_of_work() as session:
        person = session.get(Person, payload["person_id"])
        if person is None or person.email is None or not person.active:
            return {"told": "nobody", "why": "no address"}
        approval = get(session, payload["approval_id"])
        what = f"{kind_of(approval.kind).words} {approval.subject_id}"
        link = f"{settings.address}/console/approvals/{approval.id}"
        now, minutes = datetime.now(UTC), settings.approval_code_minutes
        if payload["what"] == "approval_decided":
            message = messages.decided(what, link, approval.status, approval.reason)
        elif approval.status != "waiting" or not isinstance(
            may_decide(session, approval, person, now), May
        ):
            return {"told": "nobody", "why": "no longer theirs to decide"}
        else:
            code = issue_code(session, approval, person, now, minutes)
            message = messages.asked(
                payload["what"],
                what,
                approval.headline,
                link,
                approval.due_at,
                person.username,
                code,
                minutes,
            )
        email, username = person.email, person.username
    send(settings, email, username, message)
    return {"told": "person", "what": payload["what"]}


def send(settings: Settings, email: str, username: str, message: Message) -> None:
    """Hand a message over.

    Raises:
        NotSent: it was not taken.
    """
    address = settings.notify_url or LOCAL.format(host=settings.host, port=settings.smtp_port)
    address = address.replace("{email}", quote(email, safe="@")).replace(
        "{username}", quote(username, safe="")
    )
    sender = apprise.Apprise()
    if not sender.add(address):
        raise NotSent("LEADFLOW_NOTIFY_URL is not an address that Apprise understands.")
    taken = sender.notify(
        body=message.text, title=message.subject, body_format=apprise.NotifyFormat.TEXT
    )
    if not taken:
        raise NotSent("The notification was not taken. Is the mail server up?")
