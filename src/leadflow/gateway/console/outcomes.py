"""Saying on a lead's page how it ended, correcting that, and opening the lead again."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError

from leadflow.gateway.console.forms import TellingFacts
from leadflow.gateway.console.lead import PATH, address_of, lead_page
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.intake.outcomes import OutcomeTold
from leadflow.intake.senders import Sender
from leadflow.leads.events.recording import MomentInFuture
from leadflow.leads.outcomes.telling import OutcomeIn, outcome_from_words
from leadflow.leads.readers.money import NotMoney, read_money
from leadflow.leads.readers.numbers import NotANumber
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
SAID = {
    "converted": "It has converted.",
    "lost": "It is lost.",
    "reopened": "It is open again. The next sweep hands it out where a rule says so.",
}
CHOOSE = "Choose first how it ended, then send it again. Nothing was recorded."
LATER = "It is kept in the history; what was said of a later time counts."


@router.post(PATH + "/outcome")
def tell(
    request: Request,
    lead_id: str,
    caller: TellingFacts,
    outcome: Annotated[str, Form(max_length=20)] = "",
    on: Annotated[str, Form(max_length=20)] = "",
    value: Annotated[str, Form(max_length=50)] = "",
) -> Response:
    """Say how the lead ended, or that it is open again; an outcome that is known is corrected."""
    typed = {"outcome": outcome, "on": on, "value": value}
    if not outcome:
        said = Notice(CHOOSE, at="outcome", typed=typed)
        return lead_page(request, lead_id, caller, 422, said)
    try:
        told = OutcomeTold(lead_id, _read(outcome, on, value), Sender(caller), "console")
        taken = request.app.state.intake.outcomes.submit(told).result()
    except (ValidationError, ValueError, MomentInFuture) as error:
        words = "Choose how it ended, a day in the past, and a value such as 1200."
        if isinstance(error, MomentInFuture | NotMoney | NotANumber):
            words = f"Correct and send again: {error}"
        return lead_page(request, lead_id, caller, 422, Notice(words, at="outcome", typed=typed))
    words = SAID[outcome] if taken.outcome.stands else LATER
    return told_on(request, address_of(lead_id), Notice(words, True, "outcome"))


def _read(outcome: str, on: str, value: str) -> OutcomeIn:
    """What the form says. A day of today is now; an earlier one is its noon, in UTC."""
    at = None
    if on.strip() and (day := date.fromisoformat(on.strip())) != datetime.now(UTC).date():
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    if not value.strip() or outcome == "reopened":
        return outcome_from_words(outcome, at, None, None)
    money = read_money(value.strip(), None, get_settings().default_currency, None)
    return outcome_from_words(outcome, at, money.amount, money.currency)
