"""The demo's campaign: some leads that are not ready to be called come into the welcome series."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from features.how_many import how_many

NAME, LEADS = "welcome_series_1", 25
ASKS, APPROVES = "demo_marketing", "demo_admin"


def keep_warm(passwords: Mapping[str, str | None]) -> str:
    """Launch the welcome series, as the marketing manager asks and the admin approves, and let
    leads come in that nobody has. A second time, nothing is done that was done before.

    Raises:
        ServiceFailed: what was approved is not carried out.
    """
    if _state() == "draft":
        refused = _launch(passwords[APPROVES])
        if refused:
            return refused
    came = _enrol()
    if not came:
        return "The leads have come into the welcome series before; nothing changed."
    return (
        f"The welcome series is live, and {how_many(came, 'lead')} came in. Mails go out on "
        "working days, to a mail server of this installation that delivers none: the console shows "
        "them."
    )


def _launch(password: str | None) -> str:
    """Ask, approve, and wait until it is live; why it is not, else nothing."""
    from leadflow.accounts.people import actor_of, find_person
    from leadflow.campaigns.launching import ask_to_launch
    from leadflow.cli.demo import gate
    from leadflow.cli.demo.stages import carrying_out
    from leadflow.cli.demo.waiting import wait
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        asker = actor_of(find_person(session, ASKS))
        asked = ask_to_launch(session, NAME, asker, datetime.now(UTC))
    if asked is None:
        return ""
    if password is None:
        return f"{APPROVES} must approve its launch first: leadflow approvals show {asked}"
    gate.approve_in_the_api(asked, APPROVES, password)
    wait(lambda: True if _state() == "live" else None, lambda: carrying_out(asked))
    return ""


def _enrol() -> int:
    """How many came in. They have said yes to mails, which is made up as all else here."""
    from leadflow.accounts.people import find_person
    from leadflow.campaigns.enrolling.files import enrol_listed
    from leadflow.consent.log import Told
    from leadflow.consent.telling import tell
    from leadflow.database.engine import unit_of_work

    now = datetime.now(UTC)
    with unit_of_work() as session:
        by, leads = find_person(session, ASKS).id, _whom_nobody_has(session)
        if not leads:
            return 0
        tell(session, [Told(one, True, "form", now, by, basis="consent") for one in leads], now)
        found = enrol_listed(session, NAME, [(one, "") for one in leads], by, now)
    return sum(entry == "enrolled" for entry in found.values())


def _state() -> str:
    from leadflow.campaigns.store import service
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        return service.read_campaign(session, NAME).state


def _whom_nobody_has(session: Session) -> Sequence[str]:
    """Of the demo's own file, the first that are open and in nobody's hands; none where somebody
    has come into the campaign before."""
    from leadflow.assignment.routing.open_leads import is_open
    from leadflow.campaigns.tables import Enrolment
    from leadflow.leads.tables import Lead

    waiting = select(Lead.id).where(
        Lead.source.startswith("new leads"),
        Lead.email_index.is_not(None),
        is_open(),
        ~exists().where(Enrolment.campaign == NAME),
    )
    return session.scalars(waiting.order_by(Lead.id).limit(LEADS)).all()
